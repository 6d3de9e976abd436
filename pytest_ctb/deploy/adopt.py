"""Adopt a database that was migrated by hand: infer from its schema which migrations it has, and record them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pytest_ctb.deploy.drift.ignored import Ignored
from pytest_ctb.deploy.file_run import digest, new_entry
from pytest_ctb.deploy.file_status import FileStatus, Status, file_statuses
from pytest_ctb.deploy.ledger_entry import LedgerEntry, State
from pytest_ctb.deploy.recorded_schema import RecordedSchema, read_schema, unrecorded_objects
from pytest_ctb.deploy.refusals import drift_since_last_run
from pytest_ctb.deploy.run import DeployRun, record_schema
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Key, Migration, Repository, SchemaObject
from pytest_ctb.replay.schema_changes import ObjectChange

_SHOWN = 3
_NO_EVIDENCE = {"column order"}
"""Kinds that say nothing about a file: the order of columns depends on the order in which they were added."""


class Adoption(StrEnum):
    """Whether the database has a migration, as far as its schema shows."""

    APPLIED = "applied"
    PENDING = "pending"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True)
class Verdict:
    """Whether the database has one migration, and why."""

    file: str
    adoption: Adoption
    why: str


def infer_adoption(
    migrations: Sequence[Migration], changes: Sequence[Sequence[ObjectChange]], live: Mapping[Key, SchemaObject]
) -> list[Verdict]:
    """The verdict on each migration, from the versions of the objects that it changed in the replay.

    An object has versions: none at first, then one after each migration that changed it. The version that the live
    database has shows which of these migrations ran. A migration is applied where all of its objects show that it ran,
    and pending where all show that it did not.
    """
    histories: dict[Key, list[tuple[int, SchemaObject | None]]] = {}
    for number, changed in enumerate(changes):
        for change in changed:
            histories.setdefault(change.key, [(-1, None)]).append((number, change.after))
    verdicts = []
    for number, migration in enumerate(migrations):
        present, missing, different = [], [], []
        for key in (change.key for change in changes[number] if change.key.kind not in _NO_EVIDENCE):
            matched = [after for after, definition in histories[key] if _same(definition, live.get(key))]
            if not matched:
                different.append(key)
            elif min(matched) >= number:
                present.append(key)
            elif max(matched) < number:
                missing.append(key)
        verdicts.append(Verdict(migration.path, *_verdict(present, missing, different)))
    return verdicts


def _verdict(present: Sequence[Key], missing: Sequence[Key], different: Sequence[Key]) -> tuple[Adoption, str]:
    if present and not missing and not different:
        return Adoption.APPLIED, f"there: {_named(present)}"
    if missing and not present and not different:
        return Adoption.PENDING, f"not there: {_named(missing)}"
    if not (present or missing or different):
        return (
            Adoption.UNKNOWN,
            "it leaves no trace in the schema: it writes rows alone, or later files changed its objects again",
        )
    parts = [("there", present), ("not there", missing), ("there, but not as the file makes it", different)]
    return Adoption.UNKNOWN, "; ".join(f"{label}: {_named(keys)}" for label, keys in parts if keys)


def _named(keys: Sequence[Key]) -> str:
    more = f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else ""
    return ", ".join(map(str, keys[:_SHOWN])) + more


def _same(left: SchemaObject | None, right: SchemaObject | None) -> bool:
    if left is None or right is None:
        return left is right
    return " ".join(left.definition.split()) == " ".join(right.definition.split())


def with_choices(verdicts: Sequence[Verdict], applied: Sequence[str], pending: Sequence[str]) -> list[Verdict]:
    """The verdicts, replaced where the user named the file. Raises ConfigError where a file is named as both."""
    if both := sorted({*applied} & {*pending}):
        raise ConfigError(f"{both[0]}: named by --as-applied and by --as-pending")
    choices = dict.fromkeys(applied, Adoption.APPLIED) | dict.fromkeys(pending, Adoption.PENDING)
    return [
        replace(verdict, adoption=choices[verdict.file], why="recorded as you asked")
        if verdict.file in choices
        else verdict
        for verdict in verdicts
    ]


def record_adopted(
    run: DeployRun,
    repository: Repository,
    verdicts: Sequence[Verdict],
    changes: Sequence[Sequence[ObjectChange]],
    now: RecordedSchema,
) -> list[LedgerEntry]:
    """Record the applied migrations as adopted, and every other object as made by no migration."""
    written = []
    number = max((entry.number for entry in run.entries.values()), default=0)
    ours: set[Key] = set()
    for verdict, made in zip(verdicts, changes, strict=True):
        if verdict.adoption is Adoption.APPLIED:
            number += 1
            entry = replace(new_entry(repository.by_path[verdict.file], number), state=State.ADOPTED)
            written.append(run.ledger.write(entry, verdict.why))
            ours |= {change.key for change in made}
    record_schema(run, unrecorded_objects(now, None) - ours)
    return written


def blocking_drift(run: DeployRun, ignored: Ignored) -> Sequence[str]:
    """The schema changes that no run made and that keep `ctb apply` from starting, a line each."""
    return drift_since_last_run(run.ledger, run.entries, ignored, read_schema(run.ledger.connection)).blocking


def accept_schema(run: DeployRun, *, made_by_files: bool) -> None:
    """Record the schema as it is now. New objects count as made by no migration, unless `made_by_files`."""
    now, known = read_schema(run.ledger.connection), run.ledger.recorded_schema()
    new = unrecorded_objects(now, known) if known and not made_by_files else frozenset()
    record_schema(run, new | (known.others if known else frozenset()))


def record_choices(run: DeployRun, repository: Repository, applied: Sequence[str], pending: Sequence[str]) -> list[str]:
    """Record in a ledger that is in use which files the user calls applied or pending; returns a line for each.

    Raises ConfigError, before anything is written, where a file's status does not allow it.
    """
    statuses = {file.file: file for file in file_statuses(repository, run.entries)}
    with_choices([], applied, pending)
    for path in pending:
        if statuses[path].status not in {Status.UNDECIDED, Status.UNFINISHED, Status.PENDING, Status.OUT_OF_ORDER}:
            raise ConfigError(
                f"{path}: it is {statuses[path].status}; what is applied becomes pending by `ctb rollback`"
            )
    lines = []
    for path in applied:
        run.entries[path] = run.ledger.write(_adopted(run, statuses[path]), "a person says that it is applied")
        lines.append(f"{path}: recorded as applied (--as-applied)")
    for path in pending:
        entry = statuses[path].entry
        if entry is not None:
            error = "a person says that nothing of it is there"
            entry = replace(entry, state=State.FAILED, done=0, step=0, xid="", error=error)
            run.entries[path] = run.ledger.write(entry, error)
        lines.append(f"{path}: recorded as pending (--as-pending)")
    return lines


def _adopted(run: DeployRun, file: FileStatus) -> LedgerEntry:
    assert file.migration
    number = file.entry.number if file.entry else 1 + max((entry.number for entry in run.entries.values()), default=0)
    same = file.entry is not None and file.entry.sha256 == digest(file.migration.data)
    state = file.entry.state if same and file.entry and file.status is Status.APPLIED else State.ADOPTED
    return replace(new_entry(file.migration, number), state=state)
