"""CT18: a migration that is on the branch that counts stays as it is there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from pytest_ctb.checks import Case, Scope, check
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.model import Finding, Position, Repository
from pytest_ctb.repository import git


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
    for gone in _gone(case.repository, changes) if path == case.repository.migrations[-1].path else ():
        yield case.finding(
            Position(1, 1),
            f"{gone} is on {branch}, and is no migration here any more (told at the last file)",
            instead=f"git checkout {branch} -- {gone}",
        )


def _gone(repository: Repository, changes: git.Changes) -> list[str]:
    """What was deleted, or moved away, from the folders that migrations lie in."""
    moved = {before for now, before in changes.renamed.items() if now not in repository.by_path}
    folders = {PurePosixPath(path).parent for path in repository.by_path}
    lost = [path for path in changes.deleted | moved if PurePosixPath(path).parent in folders]
    return sorted(path for path in lost if path.lower().endswith(".sql"))
