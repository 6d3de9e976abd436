"""The status of each migration, from the repository and the ledger: applied, pending, changed … Knows no server."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pytest_ctb.deploy.file_run import digest
from pytest_ctb.deploy.ledger_entry import IN_DATABASE, LedgerEntry, State
from pytest_ctb.model import Migration, Repository


class Status(StrEnum):
    """The status of a migration as `ctb status` prints it."""

    APPLIED = "applied"
    PENDING = "pending"
    OUT_OF_ORDER = "out of order"
    CHANGED = "changed"
    MISSING = "missing"
    RENAMED = "renamed"
    RUNNING = "running"
    UNFINISHED = "unfinished"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class FileStatus:
    """The status of one migration. `entry` and `migration` are None where the ledger or the repository lacks it."""

    file: str
    status: Status
    detail: str = ""
    entry: LedgerEntry | None = None
    migration: Migration | None = None

    @property
    def pending(self) -> bool:
        """Whether `ctb apply` would run it."""
        return self.status in {Status.PENDING, Status.OUT_OF_ORDER, Status.UNFINISHED}


def file_statuses(
    repository: Repository, entries: Mapping[str, LedgerEntry], running: Mapping[str, bool] | None = None
) -> list[FileStatus]:
    """The status of every migration in order, then of those that only the ledger has.

    `running`: for each file under way, whether the server still works on it.
    """
    files: list[FileStatus] = []
    paths = [migration.path for migration in repository.migrations]
    applied = [path for path in paths if path in entries and entries[path].state in IN_DATABASE]
    last = applied[-1] if applied else ""
    missing = [entry for path, entry in entries.items() if path not in repository.by_path]
    by_digest = {entry.sha256: entry.file for entry in missing if entry.state in IN_DATABASE}
    before_last = bool(applied)
    for migration in repository.migrations:
        entry = entries.get(migration.path)
        status, detail = _status(migration, entry, running=bool(running and running.get(migration.path)))
        if status is Status.PENDING and digest(migration.data) in by_digest:
            status, detail = Status.RENAMED, f"the same bytes were applied as {by_digest[digest(migration.data)]}"
        elif status is Status.PENDING and before_last:
            status, detail = Status.OUT_OF_ORDER, detail or f"it sorts before {last}, which is applied"
        before_last = before_last and migration.path != last
        files.append(FileStatus(migration.path, status, detail, entry, migration))
    files.extend(
        FileStatus(entry.file, Status.MISSING, f"{entry.state}, and the file is gone", entry)
        for entry in missing
        if entry.state is not State.ROLLED_BACK and not (entry.state is State.FAILED and entry.nothing)
    )
    return files


def _status(migration: Migration, entry: LedgerEntry | None, *, running: bool) -> tuple[Status, str]:
    same = entry is not None and entry.sha256 == digest(migration.data)
    if entry is None:
        status = Status.PENDING, ""
    elif running:
        status = Status.RUNNING, f"process {entry.backend} of the server works on it, at line {entry.line}"
    elif entry.state in IN_DATABASE:
        adopted = "adopted" if entry.state is State.ADOPTED else ""
        status = (
            (Status.APPLIED, adopted)
            if same
            else (Status.CHANGED, "not as it was applied; `ctb apply` shows the change and says what to do")
        )
    elif entry.state is State.ROLLED_BACK:
        status = Status.PENDING, "rolled back"
    elif entry.state is State.FAILED and entry.nothing:
        status = Status.PENDING, f"nothing of it is left: {entry.error or 'it was broken off'}"
    elif entry.state is State.FAILED and same and migration.no_transaction:
        again = f"it says {migration.no_transaction.says}, so it runs from its start again"
        status = Status.UNFINISHED, f"{_progress(entry)}; {again}"
    else:
        status = Status.UNDECIDED, _progress(entry) + ("" if same else ", and the file has changed since")
    return status


def _progress(entry: LedgerEntry) -> str:
    subject = "its rollback" if entry.state is State.ROLLING_BACK else "it"
    statements = "statement" if entry.done == 1 else f"{entry.done} statements"
    are = "is" if entry.done == 1 else "are"
    known = f"the first {statements} of {subject} {are} there" if entry.done else f"{subject} was begun"
    if entry.unclear:
        return f"{known}; whether line {entry.line} is, is not known"
    return f"{known}, and the later ones are not: {entry.error}" if entry.error else known


def decision_message(file: FileStatus) -> str:
    """The message for a file that ran in part: what the user has to find out, and the commands that record it."""
    return (
        f"{file.file}: {file.detail}\n"
        "Look at the database. Make the rest of it by hand, or take back what is there; then say which:\n"
        f"  ctb apply --adopt --as-applied {file.file}\n"
        f"  ctb apply --adopt --as-pending {file.file}"
    )


def change_message(file: FileStatus) -> str:
    """The message for a file that has changed since it was applied: a diff, and what can be done."""
    assert file.entry
    assert file.migration
    before = file.entry.content.decode(errors="replace").splitlines()
    after = file.migration.data.decode(errors="replace").splitlines()
    lines = difflib.unified_diff(before, after, f"{file.file} as it was applied", f"{file.file} as it is", lineterm="")
    sums = f"{file.entry.sha256[:12]}, now {digest(file.migration.data)[:12]}"
    choices = (
        "A migration runs once, so this change does not reach the database. One of these:\n"
        f"  Give the file its old text back (git log -p -- {file.file}), and write the change as a new migration.\n"
        "  The database is right as it is (only a comment has changed, say): "
        f"ctb apply --adopt --as-applied {file.file}\n"
        f"  Nothing was applied after it and its rollback may run: ctb rollback {file.file}, then ctb apply"
    )
    return "\n".join([f"{file.file}: changed since it was applied ({sums}):", *lines, choices])
