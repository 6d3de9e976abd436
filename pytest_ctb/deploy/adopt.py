"""A database that was migrated by hand: which files it has, as far as its schema tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pytest_ctb.deploy.drift.ignored import Ignored
from pytest_ctb.deploy.entry import Entry, State
from pytest_ctb.deploy.guarded import drift
from pytest_ctb.deploy.known import Known, read, strangers
from pytest_ctb.deploy.migrate import digest, fresh
from pytest_ctb.deploy.run import Run, leave
from pytest_ctb.deploy.standing import Stand, Standing, standings
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Key, Migration, Repository, SchemaObject
from pytest_ctb.replay.trials.versions import Version

_NAMED = 3
_NO_EVIDENCE = {"column order"}
"""Columns stand in another order where they were added in another; that of each column is told by itself."""


class Told(StrEnum):
    """What is known of a file."""

    APPLIED = "applied"
    PENDING = "pending"
    UNKNOWN = "cannot tell"


@dataclass(frozen=True)
class Verdict:
    """One file, and why."""

    file: str
    told: Told
    why: str


def judge(
    files: Sequence[Migration], made: Sequence[Sequence[Version]], live: Mapping[Key, SchemaObject]
) -> list[Verdict]:
    """Compare what each file makes with what is there.

    An object has versions: none at first, then one behind each file that changed it. The version that the database has
    tells of each of these files whether it came before or after. A file is applied where every object that tells says
    so, pending where every one says that it is not.
    """
    histories: dict[Key, list[tuple[int, SchemaObject | None]]] = {}
    for number, changed in enumerate(made):
        for key, found, _ in changed:
            histories.setdefault(key, [(-1, None)]).append((number, found))
    verdicts = []
    for number, one in enumerate(files):
        there, missing, others = [], [], []
        for key, _, _ in made[number]:
            if key.kind in _NO_EVIDENCE:
                continue
            matched = [at for at, found in histories[key] if _same(found, live.get(key))]
            if not matched:
                others.append(key)
            elif min(matched) >= number:
                there.append(key)
            elif max(matched) < number:
                missing.append(key)
        verdicts.append(Verdict(one.path, *_verdict(there, missing, others)))
    return verdicts


def _verdict(there: Sequence[Key], missing: Sequence[Key], others: Sequence[Key]) -> tuple[Told, str]:
    if there and not missing and not others:
        return Told.APPLIED, f"there: {_named(there)}"
    if missing and not there and not others:
        return Told.PENDING, f"not there: {_named(missing)}"
    if not (there or missing or others):
        return (
            Told.UNKNOWN,
            "it leaves nothing in the schema that would tell: rows alone, or what later files changed again",
        )
    parts = [("there", there), ("not there", missing), ("there, but not as the file makes it", others)]
    return Told.UNKNOWN, "; ".join(f"{what}: {_named(keys)}" for what, keys in parts if keys)


def _named(keys: Sequence[Key]) -> str:
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return ", ".join(map(str, keys[:_NAMED])) + more


def _same(left: SchemaObject | None, right: SchemaObject | None) -> bool:
    if left is None or right is None:
        return left is right
    return " ".join(left.definition.split()) == " ".join(right.definition.split())


def decided(verdicts: Sequence[Verdict], applied: Sequence[str], pending: Sequence[str]) -> list[Verdict]:
    """With what a person has said, which comes first. Raises ConfigError where one file is said to be both."""
    if both := sorted({*applied} & {*pending}):
        raise ConfigError(f"{both[0]}: named by --as-applied and by --as-pending")
    told = dict.fromkeys(applied, Told.APPLIED) | dict.fromkeys(pending, Told.PENDING)
    return [replace(one, told=told[one.file], why="you say so") if one.file in told else one for one in verdicts]


def record(
    run: Run, repository: Repository, verdicts: Sequence[Verdict], made: Sequence[Sequence[Version]], now: Known
) -> list[Entry]:
    """Put down as adopted what is applied; what else is there is to stay, and none of our files has made it."""
    written = []
    number = max((one.number for one in run.entries.values()), default=0)
    for one in verdicts:
        if one.told is Told.APPLIED:
            number += 1
            entry = replace(fresh(repository.by_path[one.file], number), state=State.ADOPTED)
            written.append(run.ledger.write(entry, one.why))
    ours = {each.key for one, own in zip(verdicts, made, strict=True) if one.told is Told.APPLIED for each in own}
    leave(run, strangers(now, None) - ours)
    return written


def different(run: Run, ignored: Ignored) -> Sequence[str]:
    """In a ledger that is in use: what keeps a run from beginning, since no run has left it so."""
    return drift(run.ledger, run.entries, ignored, read(run.ledger.connection)).refused


def stay(run: Run, *, made_by_files: bool) -> None:
    """Put down that what is there is right as it is; what is new is of no file, unless a person says so of one."""
    now, known = read(run.ledger.connection), run.ledger.known()
    new = strangers(now, known) if known and not made_by_files else frozenset()
    leave(run, new | (known.others if known else frozenset()))


def say(run: Run, repository: Repository, applied: Sequence[str], pending: Sequence[str]) -> list[str]:
    """In a ledger that is in use: put down what a person says of some files; gives a line for each.

    Raises ConfigError, before anything is written, where that cannot be said of one.
    """
    stands = {one.file: one for one in standings(repository, run.entries)}
    decided([], applied, pending)
    for path in pending:
        if stands[path].stand not in {Stand.UNDECIDED, Stand.UNFINISHED, Stand.PENDING, Stand.OUT_OF_ORDER}:
            raise ConfigError(f"{path}: it is {stands[path].stand}; what is applied becomes pending by `ctb rollback`")
    told = []
    for path in applied:
        run.entries[path] = run.ledger.write(_adopted(run, stands[path]), "a person says that it is applied")
        told.append(f"{path}: applied, you say so")
    for path in pending:
        entry = stands[path].entry
        if entry is not None:
            nothing = replace(
                entry, state=State.FAILED, done=0, step=0, xid="", error="a person says that nothing of it is there"
            )
            run.entries[path] = run.ledger.write(nothing, nothing.error)
        told.append(f"{path}: pending, you say so")
    return told


def _adopted(run: Run, one: Standing) -> Entry:
    assert one.migration
    number = one.entry.number if one.entry else 1 + max((each.number for each in run.entries.values()), default=0)
    same = one.entry is not None and one.entry.sha256 == digest(one.migration.data)
    state = one.entry.state if same and one.entry and one.stand is Stand.APPLIED else State.ADOPTED
    return replace(fresh(one.migration, number), state=state)
