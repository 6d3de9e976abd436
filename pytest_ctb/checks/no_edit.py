"""CT18: a migration that is on the branch that counts stays as it is there."""

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_ctb import git
from pytest_ctb.checks import Case, Scope, check
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.model import Finding, Position


@dataclass(frozen=True)
class Options:
    """The branch, or any other revision, whose migrations may have run somewhere."""

    branch: str = "origin/main"


@check("no-edit", scope=Scope.FILES, options=Options, reads_text=False)
def no_edit(case: Case[Options]) -> Iterator[Finding]:
    """Ask git what became of the file since it and the branch parted; without git, or the branch, nothing is judged."""
    branch, path = case.options.branch, case.subject
    try:
        changes = git.changes(case.repository.root, branch)
        if path in changes.edited:
            line = git.first_change(case.repository.root, branch, path)
            yield case.finding(
                Position(line, 1), f"this migration is on {branch} already, and was changed", branch=branch, path=path
            )
    except ConfigError as error:
        raise NotJudgedError(str(error)) from error
    if path in changes.renamed:
        before = changes.renamed[path]
        yield case.finding(
            Position(1, 1),
            f"this migration is on {branch} already, as {before}, and was renamed",
            instead=f"git mv {path} {before}",
        )
