"""One row of the ledger as a record, and how it is read. Knows no server."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from pytest_ctb.errors import LiveError


class State(StrEnum):
    """The state of a file in the ledger."""

    APPLYING = "applying"
    APPLIED = "applied"
    FAILED = "failed"
    ROLLING_BACK = "rolling back"
    ROLLED_BACK = "rolled back"
    ADOPTED = "adopted"


IN_DATABASE = {State.APPLIED, State.ADOPTED}
UNDER_WAY = {State.APPLYING, State.ROLLING_BACK}


@dataclass(frozen=True)
class LedgerEntry:
    """One row of `ctb_ledger.migrations`."""

    file: str
    sha256: str
    content: bytes
    state: State = State.APPLYING
    number: int = 0
    """Its position in the order in which files were applied to this database, from 1."""
    unique_id: str = ""
    started: datetime.datetime | None = None
    ended: datetime.datetime | None = None
    seconds: float | None = None
    role: str = ""
    person: str = ""
    """Who ran the command: `user@machine`."""
    tool: str = ""
    statements: int = 0
    """The number of its last statement that can have a permanent effect, counted from 1."""
    done: int = 0
    """How many of its statements are known to be permanent."""
    step: int = 0
    """The statement that was about to become permanent, counted from 1; see `ledger`."""
    line: int = 0
    """The line of the statement that was last begun, or failed."""
    xid: str = ""
    backend: int = 0
    """The process ID of the server that runs the file."""
    backend_start: datetime.datetime | None = None
    cluster: str = ""
    """The system identifier of the cluster to which `xid` belongs."""
    error: str = ""
    no_check: str = ""
    """The user's reason for running without the compliance suite."""
    invalid: tuple[str, ...] = ()
    """The indexes that were invalid before the file ran."""

    @property
    def unclear(self) -> bool:
        """Whether it is not known if the last statement took effect."""
        return self.step > self.done

    @property
    def whole(self) -> bool:
        """Whether all of its statements took effect."""
        return not self.unclear and self.done >= self.statements

    @property
    def nothing(self) -> bool:
        """Whether none of its statements took effect."""
        return not self.unclear and not self.done


COLUMNS = [column.name for column in fields(LedgerEntry)]
NULLABLE = {"ended", "seconds", "backend_start"}


def edited_message(what: str) -> str:
    """The error message for a ledger that somebody has edited."""
    problem = f"the ledger (schema ctb_ledger) was edited by hand: {what}"
    return f"{problem}. Repair it first; ctb_ledger.events shows what happened"


def parse_row(row: Mapping[str, Any]) -> LedgerEntry:
    """The entry of a row whose times are text. Raises LiveError where somebody has edited the row."""
    values = {column: row[column] for column in COLUMNS}
    if empty := [name for name in COLUMNS if values[name] is None and name not in NULLABLE]:
        raise LiveError(edited_message(f"{values['file'] or 'a row'} has no {', '.join(empty)}"))
    try:
        state = State(values["state"])
    except ValueError:
        raise LiveError(edited_message(f"{values['file']} has the state {values['state']!r}")) from None
    times = {name: _time(values, name) for name in ("started", "ended", "backend_start")}
    return LedgerEntry(**{**values, **times, "state": state, "invalid": tuple(values["invalid"])})


def _time(values: Mapping[str, Any], name: str) -> datetime.datetime | None:
    """A time that Postgres wrote in ISO form. Raises LiveError for times that Python does not have, as `infinity`."""
    try:
        return datetime.datetime.fromisoformat(values[name]) if values[name] is not None else None
    except ValueError:
        raise LiveError(edited_message(f"{values['file']} has {name} = {values[name]!r}, which is no time")) from None
