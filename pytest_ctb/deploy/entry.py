"""What the ledger says of a file, as a record; and how a row is read, whoever has edited it. Knows no server."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from pytest_ctb.errors import LiveError


class State(StrEnum):
    """How it stands with a file."""

    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    ADOPTED = "adopted"


THERE = {State.APPLIED, State.ADOPTED}
UNDER_WAY = {State.APPLYING, State.ROLLING_BACK}


@dataclass(frozen=True)
class Entry:
    """One row of `ctb_ledger.migrations`."""

    file: str
    sha256: str
    content: bytes
    state: State = State.APPLYING
    number: int = 0
    """Which it was in the order in which files were applied to this database."""
    unique_id: str = ""
    started: datetime.datetime | None = None
    ended: datetime.datetime | None = None
    seconds: float | None = None
    role: str = ""
    person: str = ""
    """User and machine."""
    tool: str = ""
    statements: int = 0
    """The last of its statements that can leave something behind, counted from 1."""
    done: int = 0
    step: int = 0
    line: int = 0
    """Where it stands: the line of the statement that was begun, or failed."""
    xid: str = ""
    backend: int = 0
    """The process of the server that the file was sent to."""
    backend_start: datetime.datetime | None = None
    cluster: str = ""
    """Whose transaction numbers these are."""
    error: str = ""
    no_check: str = ""
    """Why the compliance suite was not run."""
    invalid: tuple[str, ...] = ()
    """Indexes that were invalid before the file."""

    @property
    def unclear(self) -> bool:
        """Whether a statement may have happened or not."""
        return self.step > self.done

    @property
    def whole(self) -> bool:
        """Whether all of it happened."""
        return not self.unclear and self.done >= self.statements

    @property
    def nothing(self) -> bool:
        """Whether none of it happened."""
        return not self.unclear and not self.done


COLUMNS = [one.name for one in fields(Entry)]
NULLABLE = {"ended", "seconds", "backend_start"}


def edited(what: str) -> str:
    """What is said of a ledger that is not as it was left."""
    told = f"the ledger (schema ctb_ledger) was edited by hand: {what}"
    return f"{told}. Put it right first; ctb_ledger.events tells what happened"


def read_entry(row: Mapping[str, Any]) -> Entry:
    """The record of a row, its times as text. Raises LiveError where somebody has edited it."""
    values = {one: row[one] for one in COLUMNS}
    if empty := [name for name in COLUMNS if values[name] is None and name not in NULLABLE]:
        raise LiveError(edited(f"{values['file'] or 'a row'} has no {', '.join(empty)}"))
    try:
        state = State(values["state"])
    except ValueError:
        raise LiveError(edited(f"{values['file']} has the state {values['state']!r}")) from None
    times = {name: _time(values, name) for name in ("started", "ended", "backend_start")}
    return Entry(**{**values, **times, "state": state, "invalid": tuple(values["invalid"])})


def _time(values: Mapping[str, Any], name: str) -> datetime.datetime | None:
    """A time as Postgres writes it in ISO's form; it knows some that are none here, `infinity` for one."""
    try:
        return datetime.datetime.fromisoformat(values[name]) if values[name] is not None else None
    except ValueError:
        raise LiveError(edited(f"{values['file']} has {name} = {values[name]!r}, which is no time")) from None
