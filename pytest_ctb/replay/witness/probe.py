"""A transaction as it stands: what it has locked, and the counters of that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pytest_ctb.model.locks import MODES, blocked_by
from pytest_ctb.replay.witness.readers import Reader

_MODES = {f"{mode.title().replace(' ', '')}Lock": mode for mode in MODES}
"""The server's names of the modes of locks, and the manual's."""
_UNITS = {"": 1, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class Counters(NamedTuple):
    """How many rows of a table were inserted, updated and deleted, and how often it was read from end to end."""

    inserted: int
    updated: int
    deleted: int
    scans: int


class Relation(NamedTuple):
    """One relation that the transaction has locked, and its counters."""

    oid: int
    schema: str
    name: str
    kind: str
    modes: tuple[str, ...]
    """As the manual writes them."""
    inserted: int
    updated: int
    deleted: int
    scans: int
    filenode: int
    table: int
    """Of an index, what it is on; of everything else, itself."""
    there: int = 0
    """How many rows it had when the transaction began, less those that are counted but were taken back."""
    width: int = 0
    """About how many bytes a row takes; 0 where it never had one."""

    @property
    def net(self) -> int:
        """How many rows it has, as far as the counters tell: a TRUNCATE sets them back."""
        return self.there + self.inserted - self.deleted

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return max(0, self.net)

    @property
    def counts(self) -> tuple[int, ...]:
        """What changes where rows are read or written, or other storage takes the place of what there was."""
        return (self.inserted, self.updated, self.deleted, self.scans, self.filenode)

    def with_counts(self, before: Counters, after: Counters) -> Relation:
        """The same, with what was counted in between."""
        inserted, updated, deleted, scans = (max(0, now - was) for was, now in zip(before, after, strict=True))
        return self._replace(inserted=inserted, updated=updated, deleted=deleted, scans=scans)

    @property
    def qualified_name(self) -> str:
        """The name as Schema has it."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Probe:
    """A transaction as it stands behind a statement."""

    transaction: str = ""
    relations: Mapping[int, Relation] = field(default_factory=dict)
    gone: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Relations that it has dropped, each with the modes in which it has locked them."""
    dropped: Mapping[int, Relation] = field(default_factory=dict)
    """What is known of those, from before they were dropped."""
    lock_timeout: int | None = None
    """In milliseconds."""
    catalogs: frozenset[str] = frozenset()
    """Those of Postgres's own tables that it has locked to write in; looked for where it may."""
    readers: Mapping[int, tuple[Reader, ...]] = field(default_factory=dict)
    """Of what it has locked so that others wait, and that others see: who reads it without naming it."""

    def blocking(self, since: int) -> list[int]:
        """What it has locked so that others wait, by its numbers: what is older than the file, and indexes of that."""
        locked = [
            relation.oid
            for relation in self.relations.values()
            if min(relation.oid, relation.table) <= since and any(map(blocked_by, relation.modes))
        ]
        return locked + [oid for oid, modes in self.gone.items() if oid <= since and any(map(blocked_by, modes))]

    def noted(self, transaction: str, lock_timeout: int) -> Probe:
        """The same behind a statement that changed nothing of it."""
        same = (transaction, lock_timeout) == (self.transaction, self.lock_timeout)
        return self if same else replace(self, transaction=transaction, lock_timeout=lock_timeout)

    def with_dropped(self, before: Probe, outside: Mapping[int, Relation]) -> Probe:
        """With what is known of what it has dropped: from the statement before, or from another session."""
        known = {**outside, **before.relations, **before.dropped}
        dropped = {oid: known[oid] for oid in self.gone.keys() & known.keys()}
        return replace(self, dropped=dropped) if dropped and self is not before else self


class TakenBack:
    """What a ROLLBACK TO took back, and the server counts all the same until the transaction ends."""

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        """So many rows too many are counted for a table."""
        self._released: dict[int, Relation] = {}
        """Tables that are locked no more, with their counters."""

    def note(self, at_savepoint: Probe, before: Probe) -> None:
        """A savepoint was gone back to; the transaction as it stood there, and before the ROLLBACK TO."""
        for oid, table in before.relations.items():
            counted = self._rows.get(oid, 0)
            was = at_savepoint.relations.get(oid)
            self._rows[oid] = counted + table.net - (was.net if was else table.there + counted)
            self._released[oid] = table._replace(there=table.there + counted, modes=())

    def corrected(self, probe: Probe) -> Probe:
        """The transaction as it stands, without what was taken back."""
        if not self._rows:
            return probe
        relations = {oid: table for oid, table in self._released.items() if oid not in probe.gone} | {**probe.relations}
        return replace(
            probe,
            relations={
                oid: table._replace(there=table.there - self._rows.get(oid, 0)) for oid, table in relations.items()
            },
        )


def probed(row: Any) -> Probe:
    """What the answer to `probe` says."""
    transaction, timeout, locked, gone = row[0]
    relations = {
        oid: Relation(oid, schema, name, kind, in_words(modes), *counts)
        for oid, schema, name, kind, modes, *counts in locked or ()
    }
    dropped = {oid: in_words(modes) for oid, modes in gone or ()}
    return Probe(transaction or "", relations, dropped, lock_timeout=milliseconds(timeout))


def in_words(modes: list[str]) -> tuple[str, ...]:
    """The modes of locks as the manual writes them, from the server's own names: `AccessShareLock` and the like."""
    return tuple(_MODES[mode] for mode in modes)


def milliseconds(setting: str) -> int:
    """A length of time as the server shows it: `2s`, `1min`, `0`."""
    length = re.fullmatch(r"(\d+)(\D*)", setting)
    assert length, setting
    return int(length[1]) * _UNITS[length[2]]
