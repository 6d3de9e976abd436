"""CT18: a migration that is on the protected branch stays as it is there."""

from collections.abc import Collection, Iterator
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
    """Ask git what changed since the branch point; not judged without git or the branch.

    A file that only became executable is as it was.
    """
    branch, path = case.options.branch, case.subject
    try:
        changes = git.changes(case.repository.root, branch)
        if path in changes.edited and (line := git.first_change(case.repository.root, branch, path)):
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
    for missing in _missing(case.repository, changes) if path == case.repository.migrations[-1].path else ():
        yield case.finding(
            Position(1, 1),
            f"{missing} is on {branch}, and was removed here (reported at the last file)",
            instead=f"git checkout {branch} -- {missing}",
        )


def _missing(repository: Repository, changes: git.Changes) -> list[str]:
    """The SQL files that were deleted or moved away from the folders of migrations, subfolders included."""
    moved = {before for after, before in changes.renamed.items() if after not in repository.by_path}
    folders = {PurePosixPath(folder) for folder in repository.folders}
    folders |= {PurePosixPath(path).parent for path in repository.by_path}
    return sorted(path for path in changes.deleted | moved if _was_migration(PurePosixPath(path), folders))


def _was_migration(path: PurePosixPath, folders: Collection[PurePosixPath]) -> bool:
    """Whether a path is that of an SQL file below one of these folders, and in no hidden one."""
    above = next((folder for folder in path.parents if folder in folders), None)
    hidden = above is not None and any(part.startswith(".") for part in path.relative_to(above).parts)
    return above is not None and not hidden and path.suffix.lower() == ".sql"
