"""How a file, or a part of one, ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from pytest_ctb.model import SqlError, Statement, Trace
from pytest_ctb.replay.session.transactions import UNHEARD_WORDS, only_objects, with_ends
from pytest_ctb.replay.witness.catalog import Touched
from pytest_ctb.replay.witness.probe import Probe, Relation
from pytest_ctb.replay.witness.witness import Witness


class Look(Enum):
    """When what a transaction did to rows is looked at, besides where a table was rewritten."""

    EACH = "behind each statement"
    LAST = "behind the last, whose trace then tells the rows and locks of the whole transaction"
    NEVER = "not at all: the statements write no rows"


@dataclass(frozen=True)
class Ran:
    """Statements that ran in one go, up to the last or to the first that failed."""

    traces: tuple[Trace, ...] = ()
    error: SqlError | None = None
    line: int = 0
    """The line that the failing statement starts on."""
    open: bool = False
    """The statements ended inside their transaction, which rolls all of it back."""
    touched: Touched = field(default_factory=Touched)
    skipped: tuple[Statement, ...] = ()
    """Those in which IF NOT EXISTS found something there."""
    relations: Mapping[int, Relation] = field(default_factory=dict)
    """What it locked, with the counters of the last look at each; some of what it made itself is left out."""
    since: int = 0
    """The number that everything made meanwhile is above."""
    looked: frozenset[int] = frozenset()
    """Of the tables that were there before, those whose rows it read, wrote or moved."""
    sequences: frozenset[int] = frozenset()
    """Those that it locked, made or changed."""

    @property
    def unseen(self) -> bool:
        """A statement took rows where nobody could look."""
        return any("rows" in trace.unknown for trace in self.traces)

    @property
    def old(self) -> tuple[Relation, ...]:
        """What it locked of the relations that were there before."""
        return tuple(relation for relation in self.relations.values() if relation.oid <= self.since)

    @property
    def written(self) -> set[int]:
        """Of the tables that were there before, those whose rows it changed."""
        names = {rows.table for trace in self.traces for rows in trace.rows}
        names |= {name for trace in self.traces for name in (*trace.truncated, *trace.rewritten)}
        return {relation.oid for relation in self.old if relation.qualified_name in names}


class Running:
    """What is seen of statements while they run in one go."""

    def __init__(self, since: int) -> None:
        """`since`: the number that everything made meanwhile is above."""
        self._since = since
        self._relations: dict[int, Relation] = {}
        self._looked: set[int] = set()
        self.traces: list[Trace] = []
        self.touched = Touched()
        self.skipped: list[Statement] = []
        self.sequences: set[int] = set()
        """Those that were made or changed."""

    def hear(self, statement: Statement, heard: Witness, *, by_triggers: bool) -> None:
        """Take note of what a statement was heard to make and change, where event triggers tell."""
        self.touched.unheard |= not only_objects(statement)
        self.touched.other |= bool(UNHEARD_WORDS.search(statement.sql)) or not by_triggers
        if by_triggers and not heard.silent:
            self.touched.update(heard.touched())
        self.sequences |= heard.sequences
        if heard.skipped:
            self.skipped.append(statement)

    def see(self, before: Probe, after: Probe, *, unseen: bool) -> None:
        """Take note of a look; `unseen`: it was another session's, of all tables."""
        if after is not before:
            self._relations |= met(after, self._since) if unseen else after.relations
            self._looked |= looked_at(before, after, self._since)

    @property
    def used_sequences(self) -> set[int]:
        """The sequences from before that were locked."""
        return {oid for oid, relation in self._relations.items() if relation.kind == "S" and oid <= self._since}

    def ran(self, statements: Sequence[Statement], failed: Statement | None = None) -> Ran:
        """How they ran."""
        return Ran(
            with_ends(statements, self.traces),
            self.traces[-1].error if failed else None,
            failed.position.line if failed else 0,
            touched=self.touched,
            skipped=tuple(self.skipped),
            relations=self._relations,
            since=self._since,
            looked=frozenset() if failed else frozenset(oid for oid in self._looked if oid <= self._since),
            sequences=frozenset(self.sequences.union(o for o, r in self._relations.items() if r.kind == "S")),
        )


def met(after: Probe, since: int) -> dict[int, Relation]:
    """Of tables that another session looked at, those that the statement locked, read, wrote or moved."""
    return {
        oid: table
        for oid, table in after.relations.items()
        if table.modes or any(table.counts[:4]) or table.filenode > since
    }


def looked_at(before: Probe, after: Probe, since: int) -> set[int]:
    """The tables whose rows were read, written or moved between the two, also by way of an index."""
    return {
        relation.table
        for oid, relation in after.relations.items()
        if ((was := before.relations.get(oid)) is None and (any(relation.counts[:4]) or relation.filenode > since))
        or (was is not None and was.counts != relation.counts)
    }
