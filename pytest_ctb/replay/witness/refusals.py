"""What tables were seen to refuse and to take, remembered for as long as what decides it stays as it is."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

import psycopg

_OF_VALUES = ("22", "23")
"""The classes of errors that the values of a row bring about, and nothing else: bad data, broken constraints."""
_BAD_DATA = "22"


class Refusal(NamedTuple):
    """How the server refused a row."""

    sqlstate: str
    constraint: str
    column: str
    message: str

    @classmethod
    def of(cls, error: psycopg.Error) -> Self:
        """What an error says of the row that it is about."""
        diag = error.diag
        return cls(
            error.sqlstate or "",
            diag.constraint_name or "",
            diag.column_name or "",
            diag.message_primary or str(error),
        )


Answers = dict[Hashable, Sequence[Refusal]]
"""By row: the refusals that it, and what was offered in its place, met one after the other."""


@dataclass(frozen=True)
class Filling:
    """How a table was filled with made-up rows."""

    inserts: tuple[bytes, ...]
    rows: tuple[Mapping[int, str | None], ...]
    """The values of each, by the number of the column."""
    inserted: int
    """How many rows the table then had more."""
    keys: dict[tuple[int, ...], list[tuple[str, ...]]] = field(default_factory=dict)
    """By the numbers of columns: the values of these that its rows have, as far as somebody asked."""


class Refusals:
    """What the tables of a database were seen to refuse and take. It holds for one login, whose settings count too."""

    def __init__(self) -> None:
        self._tables: dict[int, tuple[str, Answers]] = {}
        self.fillings: dict[Hashable, Filling] = {}
        """How tables were filled, by all that decided which rows they got."""

    def __contains__(self, table: int) -> bool:
        return table in self._tables

    def of(self, table: int, version: str | None) -> Answers:
        """What a table of this version has refused, to be added to; nothing of what other versions of it did.

        None is a version that nothing is known to depend on: what the table refuses is forgotten again.
        """
        if version is None:
            return {}
        known = self._tables.get(table)
        if known is None or known[0] != version:
            known = self._tables[table] = (version, {})
        return known[1]

    def clear(self) -> None:
        """Forget everything."""
        self._tables.clear()
        self.fillings.clear()


def are_lasting(refusals: Sequence[Refusal]) -> bool:
    """Whether a row would meet the same refusals again, as long as the constraints of the table are as they are.

    Bad data is found first, in any column: where the first is that, nothing is known of the constraints.
    """
    bad = any(refusal.sqlstate.startswith(_BAD_DATA) for refusal in refusals[:1])
    return not bad and all(refusal.sqlstate.startswith(_OF_VALUES) for refusal in refusals)
