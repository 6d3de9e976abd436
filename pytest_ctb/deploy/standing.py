"""How it stands with each file: the files on one side, the ledger on the other. Knows no server."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from pytest_ctb.deploy.entry import THERE, Entry, State
from pytest_ctb.deploy.migrate import digest
from pytest_ctb.model import Migration, Repository


class Stand(StrEnum):
    """What a person wants to know of a file."""

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
class Standing:
    """One file."""

    file: str
    stand: Stand
    detail: str = ""
    entry: Entry | None = None
    migration: Migration | None = None

    @property
    def pending(self) -> bool:
        """Whether `ctb apply` would run it."""
        return self.stand in {Stand.PENDING, Stand.OUT_OF_ORDER, Stand.UNFINISHED}


def standings(
    repository: Repository, entries: Mapping[str, Entry], running: Mapping[str, bool] | None = None
) -> list[Standing]:
    """Every file in its order, then those that only the ledger knows. `running`: whose process is still at work."""
    found: list[Standing] = []
    there = [one.path for one in repository.migrations if one.path in entries and entries[one.path].state in THERE]
    last = there[-1] if there else ""
    known = {one.path for one in repository.migrations}
    gone = {one.sha256: one.file for one in entries.values() if one.file not in known and one.state in THERE}
    behind = bool(there)
    for one in repository.migrations:
        entry = entries.get(one.path)
        stand, detail = _stand(one, entry, running=bool(running and running.get(one.path)))
        if stand is Stand.PENDING and digest(one.data) in gone:
            stand, detail = Stand.RENAMED, f"the same bytes were applied as {gone[digest(one.data)]}"
        elif stand is Stand.PENDING and behind:
            stand, detail = Stand.OUT_OF_ORDER, detail or f"it sorts before {last}, which is applied"
        behind = behind and one.path != last
        found.append(Standing(one.path, stand, detail, entry, one))
    for path, entry in entries.items():
        if path not in known and (
            entry.state is not State.ROLLED_BACK and not (entry.state is State.FAILED and entry.nothing)
        ):
            found.append(Standing(path, Stand.MISSING, f"{entry.state}, and the file is gone", entry))
    return found


def _stand(one: Migration, entry: Entry | None, *, running: bool) -> tuple[Stand, str]:
    same = entry is not None and entry.sha256 == digest(one.data)
    if entry is None:
        found = Stand.PENDING, ""
    elif running:
        found = Stand.RUNNING, f"process {entry.backend} of the server works on it, at line {entry.line}"
    elif entry.state in THERE:
        adopted = "adopted" if entry.state is State.ADOPTED else ""
        found = (Stand.APPLIED, adopted) if same else (Stand.CHANGED, "not as it was applied")
    elif entry.state is State.ROLLED_BACK:
        found = Stand.PENDING, "rolled back"
    elif entry.state is State.FAILED and entry.nothing:
        found = Stand.PENDING, f"nothing of it is left: {entry.error or 'it was broken off'}"
    elif entry.state is State.FAILED and same and one.no_transaction:
        again = f"it says {one.no_transaction.says}, so it runs from its start again"
        found = Stand.UNFINISHED, f"{_part(entry)}; {again}"
    else:
        found = Stand.UNDECIDED, _part(entry) + ("" if same else ", and the file is another now")
    return found


def _part(entry: Entry) -> str:
    what = "its rollback" if entry.state is State.ROLLING_BACK else "it"
    first = "statement" if entry.done == 1 else f"{entry.done} statements"
    are = "is" if entry.done == 1 else "are"
    sure = f"the first {first} of {what} {are} there" if entry.done else f"{what} was begun"
    if entry.unclear:
        return f"{sure}; whether line {entry.line} is, nobody can tell"
    return f"{sure}, and those behind are not: {entry.error}" if entry.error else sure


def what_to_decide(one: Standing) -> str:
    """What a person has to find out about a file of which a part is there, and what to say then."""
    return (
        f"{one.file}: {one.detail}\n"
        "Look at the database. Make the rest of it by hand, or take back what is there; then say which:\n"
        f"  ctb apply --adopt --as-applied {one.file}\n"
        f"  ctb apply --adopt --as-pending {one.file}"
    )


def what_changed(one: Standing) -> str:
    """A file that is not as it was applied: both texts, line for line."""
    assert one.entry
    assert one.migration
    before = one.entry.content.decode(errors="replace").splitlines()
    after = one.migration.data.decode(errors="replace").splitlines()
    lines = difflib.unified_diff(before, after, f"{one.file} as it was applied", f"{one.file} as it is", lineterm="")
    sums = f"{one.entry.sha256[:12]}, now {digest(one.migration.data)[:12]}"
    return "\n".join([f"{one.file}: changed since it was applied ({sums}):", *lines])
