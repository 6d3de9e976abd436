"""ON09: what a file begins the safe way is ended: no invalid index, no constraint that is never validated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pytest_ctb.checks import Case, Scope, check, unapplied
from pytest_ctb.checks.live._last_change import definitions
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.model import Finding, Key, Position
from pytest_ctb.model.trace import unquoted
from pytest_ctb.sql import as_sql, table_as_sql


@dataclass(frozen=True)
class Options:
    """How long a constraint may be NOT VALID."""

    files: int = 3
    """The number of files behind the one that added it."""


@check("left-unfinished", scope=Scope.SCHEMA, options=Options, subjects=lambda _: ("left-unfinished",))
def left_unfinished(case: Case[Options]) -> Iterator[Finding]:
    """Look at the schema that all migrations made; the finding stands at the statement that made the object.

    The index of a partitioned table is invalid until each partition has its part: it has as many files as a constraint.
    """
    if missing := unapplied(case.replay):
        raise NotJudgedError(missing)
    objects = case.replay.schema.objects
    partitions = {
        key.name: part.definition.split()[2]
        for key, part in objects.items()
        if part.definition.startswith("PARTITION OF")
    }
    for key, part in objects.items():
        if part.of is None:
            continue
        table = part.of.name
        of_whole = key.name.replace(table, partitions.get(table, ""), 1)
        if table in partitions and (key.kind, of_whole) in objects:
            continue  # a partition has what its table has
        if key.kind == "constraint" and "NOT VALID" in part.definition.split("\n")[0]:
            name = as_sql(key.name.removeprefix(f"{table}."))
            command = f"ALTER TABLE {table_as_sql(table)} VALIDATE CONSTRAINT {name};"
            yield from _finding(case, key, f"constraint {key.name} was never validated", command, patient=True)
        elif key.kind == "index" and "INVALID" in part.definition.split():
            name = table_as_sql(key.name)
            whole = part.of in objects and "PARTITION BY" in objects[part.of].definition
            attach = f"-- For each partition that has none:\n-- ALTER INDEX {name} ATTACH PARTITION …;"
            command = attach if whole else f"REINDEX INDEX CONCURRENTLY {name};"
            message = f"index {key.name} is invalid: no query uses it, but every write still updates it"
            yield from _finding(case, key, message, command, patient=whole)


def _finding(case: Case[Options], key: Key, message: str, instead: str, *, patient: bool) -> Iterator[Finding]:
    """The finding about an object, at the statement that made it; none where it may stay so for some more files."""
    paths = list(case.replay.files)
    for number in range(len(paths) - 1, -1, -1):
        for trace in reversed(case.replay.files[paths[number]].traces):
            made = (*trace.created, *(change.key for change in trace.alterations if change.old is None))
            if not trace.undone and any(key == (new.kind, unquoted(new.name)) for new in made):
                if not patient or len(paths) - 1 - number >= case.options.files:
                    statement = case.repository.by_path[paths[number]].sent[trace.statement]
                    yield case.finding(statement.position, message, instead=instead, file=paths[number])
                return
    path, position = definitions(case.repository).get(key, ("", Position(1, 1)))
    if not path or not patient or len(paths) - 1 - paths.index(path) >= case.options.files:
        yield case.finding(position, message, instead=instead, file=path)
