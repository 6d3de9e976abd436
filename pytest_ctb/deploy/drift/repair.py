"""The statements that bring a live database back to what the migrations make, each with why it is not safe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from pytest_ctb.deploy.drift.compare import MAINTAIN, Drift
from pytest_ctb.deploy.drift.live_schema import LiveSchema
from pytest_ctb.deploy.drift.repair_order import CREATED, FIRST, LAST, Repair, order_creations, order_drops, user_of
from pytest_ctb.errors import ServerError
from pytest_ctb.model import Difference, Evidence, Key, Schema
from pytest_ctb.replay.ddl.aspects import (
    ITSELF,
    STATEMENTS,
    Aspect,
    Aspects,
    read_aspects,
    roles,
    with_roles,
)
from pytest_ctb.replay.witness.catalog import OWNER
from pytest_ctb.sql import as_sql, spelled_sql

_DEFAULTS_ON = {
    "table": "tables",
    "foreign table": "tables",
    "view": "tables",
    "materialized view": "tables",
    "sequence": "sequences",
    "function": "functions",
    "type": "types",
    "schema": "schemas",
}
_IN_ONE_TRANSACTION = {"trigger", "rule", "policy", "event trigger"}
"""Kinds that are dropped and created again in one transaction."""
_NEEDS_RECREATION = ("definition", "signature", "columns")
"""Aspects that can only change by creating the object again."""
_IDENTITY_GOES, _TYPE, _REST, _IDENTITY_COMES = range(4)


@dataclass
class RepairPlan:
    """The repairs so far, in three groups that run one after the other."""

    drift: Drift
    wanted: Aspects
    live: Aspects
    drops: list[Repair] = field(default_factory=list)
    creations: list[tuple[int, Repair]] = field(default_factory=list)
    """Statements that create or alter, each with its rank in the order."""
    last: list[Repair] = field(default_factory=list)
    recreated: set[Key] = field(default_factory=set)
    """Objects that are dropped and created again."""
    changed: set[Key] = field(default_factory=set)
    """Objects that differ."""

    @property
    def size(self) -> int:
        """How many repairs there are."""
        return len(self.drops) + len(self.creations) + len(self.last)


def repairs(drift: Drift, replay: Evidence, live: LiveSchema) -> tuple[Repair, ...]:
    """The repairs of all differences, in the order in which to run them; `replay` and `live` both read STATEMENTS.

    Raises ServerError where the query failed on the server that replayed.
    """
    answer = replay.query_results[STATEMENTS]
    if answer.error:
        raise ServerError(f"the throwaway Postgres does not say what makes its objects: {answer.error.message}")
    (role,) = (row[1] for row in answer.rows if row[0] == "role")
    maintain = min(live.major, replay.server.major) >= MAINTAIN
    wanted = read_aspects(answer.rows, role, maintain=maintain)
    actual = read_aspects(live.statements, maintain=maintain)
    plan = _plan(drift, wanted, actual)
    ordered = (
        *order_drops(plan.drops, FIRST, actual),
        *order_creations(plan.creations, wanted),
        *order_drops(plan.last, LAST, actual),
    )
    return tuple(_with_roles(repair, live) for repair in dict.fromkeys(ordered))


def _with_roles(repair: Repair, live: LiveSchema) -> Repair:
    """The repair with its roles filled in; without SQL where the database lacks one of them."""
    named = roles(repair.sql, live.owner)
    if absent := sorted(set(named) - live.roles):
        return Repair(repair.key, "", f"the database has no role {', '.join(absent)}")
    return replace(repair, sql=spelled_sql(with_roles(repair.sql, map(as_sql, named))))


def _plan(drift: Drift, wanted: Aspects, live: Aspects) -> RepairPlan:
    """The plan for all differences; each has a repair, or one that says why there is none."""
    plan = RepairPlan(drift, wanted, live, changed={difference.key for difference in drift.differences})
    for difference in drift.differences:
        before = plan.size
        if difference.left is None:
            _drop(plan, difference.key)
        elif difference.right is None:
            _create(plan, difference.key)
        else:
            _alter(plan, difference.key)
        if before == plan.size and not _repaired_by_parent(plan, difference.key):
            plan.last.append(Repair(difference.key, "", _why_not(difference)))
    _recreate_users(plan)
    return plan


def _of_live(plan: RepairPlan, key: Key) -> Mapping[str, Aspect]:
    return plan.live.get(key, {})


def _drop(plan: RepairPlan, key: Key) -> None:
    itself = _of_live(plan, key).get(ITSELF)
    if key.kind in {"privileges", "default privileges"}:
        _alter_aspects(plan, key)
    elif itself and itself.undo not in {"", "-"}:
        group = plan.drops if key.kind in FIRST else plan.last
        group.append(Repair(key, itself.undo, itself.undo_risk))
        for part in _parts(plan.drift.live, key):
            if part.kind == "constraint" and key.kind == "table" and _is_foreign(part, plan):
                constraint = plan.live[part][ITSELF]
                plan.drops.append(Repair(part, constraint.undo, constraint.undo_risk))


def _is_foreign(key: Key, plan: RepairPlan) -> bool:
    """Whether a constraint is a foreign key to a table that is dropped as well."""
    return any(
        aspect == f"used by {key}" and Key("table", other.name.rpartition(".")[0]) in plan.changed
        for other, aspects in plan.live.items()
        if other.kind == "constraint"
        for aspect in aspects
    )


def _create(plan: RepairPlan, key: Key, *, with_its_table: bool = False) -> None:
    """Create an object, its aspects that need a separate statement, and its parts."""
    aspects = plan.wanted.get(key, {})
    itself = aspects.get(ITSELF)
    if _parent(aspects) in plan.changed and _parent(aspects) in plan.drift.live.objects:
        plan.last.append(
            Repair(key, "", f"{_parent(aspects)}, of which it is a part, has to be what it should be first")
        )
        return
    if itself and itself.sql == "" and key.kind not in {"privileges", "default privileges"}:
        return
    if itself and itself.sql != "-" and not (with_its_table and key.kind == "column"):
        _add(plan, key, itself.sql, itself.risk)
    for aspect in aspects.values():
        if aspect.after and aspect.sql not in {"", "-"}:
            _add(plan, key, aspect.sql, "" if itself else aspect.risk, deferred=True)
    _revoke_defaults(plan, key)
    for part in _parts(plan.drift.wanted, key):
        _create(plan, part, with_its_table=key.kind in {"table", "foreign table"})


def _parent(aspects: Mapping[str, Aspect]) -> Key | None:
    """The table of which the object is a partition; None where it is none."""
    partition_of = aspects.get("partition of")
    name = partition_of.value.partition(" FOR VALUES ")[0].removesuffix(" DEFAULT") if partition_of else ""
    return Key("table", name) if name else None


def _revoke_defaults(plan: RepairPlan, key: Key) -> None:
    """Revoke from a new object what the default privileges of the live database grant on it."""
    target = plan.wanted.get(key, {}).get("target")
    objects = _DEFAULTS_ON.get(key.kind)
    if target is None or objects is None:
        return
    for other, aspects in plan.live.items():
        if other.kind != "default privileges" or not other.name.endswith(f" on {objects}"):
            continue
        schema = other.name.removesuffix(f" on {objects}").partition(" in ")[2]
        if schema and not key.name.startswith(f"{schema}."):
            continue
        for name in aspects:
            sign, _, rest = name.partition(" ")
            role, _, privilege = rest.rpartition(" ")
            sql = (
                f"GRANT {privilege} ON {target.value} TO {role}"
                if sign == "-"
                else f"REVOKE ALL ON {target.value} FROM {role}"
            )
            if role.strip("\x01") != OWNER:
                plan.creations.append((CREATED.index("comment") + len(CREATED), Repair(key, sql)))


def _parts(schema: Schema, key: Key) -> list[Key]:
    return [part for part, object_ in schema.objects.items() if object_.of == key]


def _add(plan: RepairPlan, key: Key, sql: str, risk: str, *, deferred: bool = False) -> None:
    rank = CREATED.index(key.kind) if key.kind in CREATED else len(CREATED)
    if key.kind == "constraint" and " FOREIGN KEY " in plan.wanted.get(key, {})["itself"].sql:
        rank = CREATED.index("trigger")  # what it refers to may be an index
    plan.creations.append((rank + (len(CREATED) if deferred else 0), Repair(key, sql, risk)))


def _alter(plan: RepairPlan, key: Key) -> None:
    wanted, live = plan.wanted.get(key, {}), _of_live(plan, key)
    differing = [name for name in wanted.keys() | live.keys() if _value(wanted, name) != _value(live, name)]
    differing = [name for name in differing if not name.startswith("used by ")]
    if key.kind == "comment":
        _add(plan, key, wanted[ITSELF].sql, "")
    elif key.kind == "constraint" and differing == ["validated"] and "validated" in wanted:
        _add(plan, key, wanted["validated"].sql, wanted["validated"].risk)
    elif (
        not differing
        or any(name in _NEEDS_RECREATION or name == ITSELF for name in differing)
        or differing == ["validated"]
    ):
        _replace(plan, key, differing)
    else:
        _alter_aspects(plan, key)


def _value(aspects: Mapping[str, Aspect], name: str) -> str | None:
    return aspects[name].value if name in aspects else None


def _replace(plan: RepairPlan, key: Key, differing: list[str]) -> None:
    """Create an object again, in its place where Postgres can do that."""
    wanted, live = plan.wanted.get(key, {}), _of_live(plan, key)
    if ITSELF not in wanted or wanted[ITSELF].sql in {"", "-"} or ITSELF not in live:
        return
    create, drop = wanted[ITSELF], live[ITSELF]
    in_place = key.kind == "function" and "signature" not in differing
    if key.kind == "view":
        in_place = (
            wanted["columns"].value.splitlines()[: len(live["columns"].value.splitlines())]
            == live["columns"].value.splitlines()
        )
    if in_place:
        _add(
            plan,
            key,
            create.sql,
            create.risk or ("its callers get what the migrations say" if key.kind == "function" else ""),
        )
        _alter_aspects(plan, key, but=_NEEDS_RECREATION)
    elif key.kind in _IN_ONE_TRANSACTION:
        _add(plan, key, f"BEGIN;\n{drop.undo};\n{create.sql};\nCOMMIT", create.risk)
        _add_rest(plan, key)
    else:
        _recreate(plan, key)


def _add_rest(plan: RepairPlan, key: Key) -> None:
    for aspect in plan.wanted[key].values():
        if aspect.after and aspect.sql not in {"", "-"}:
            _add(plan, key, aspect.sql, "", deferred=True)
    for part in _parts(plan.drift.wanted, key):
        _create(plan, part)


def _recreate(plan: RepairPlan, key: Key) -> None:
    """Drop an object and create it again, with its parts."""
    if key in plan.recreated:
        return
    plan.recreated.add(key)
    drop = _of_live(plan, key)[ITSELF]
    if key.kind == "type" or key.kind in {"table", "foreign table", "column", "schema", "extension"}:
        return
    (plan.drops if key.kind in FIRST else plan.last).append(Repair(key, drop.undo, drop.undo_risk))
    if key.kind == "function":
        plan.drops.append(plan.last.pop())
    if key in plan.wanted:
        _create(plan, key)


def _alter_aspects(plan: RepairPlan, key: Key, but: Iterable[str] = ()) -> None:
    """Alter each aspect that differs."""
    wanted, live = plan.wanted.get(key, {}), _of_live(plan, key)
    ranked: list[tuple[int, Repair]] = []
    for name in sorted(
        wanted.keys() | live.keys(), key=lambda name: (list(wanted).index(name) if name in wanted else -1, name)
    ):
        new, old = wanted.get(name), live.get(name)
        if name in but or name == ITSELF or name.startswith("used by ") or _value(wanted, name) == _value(live, name):
            continue
        if new is None and old is not None:
            if old.undo == "":
                ranked.append((_REST, Repair(key, "", f"its {name} cannot be taken away by a statement of its own")))
            elif old.undo != "-":
                ranked.append((_IDENTITY_GOES if name == "identity" else _REST, Repair(key, old.undo, old.undo_risk)))
        elif new is not None and new.sql == "":
            ranked.append((_REST, Repair(key, "", f"its {name} cannot be given by a statement of its own")))
        elif new is not None and new.sql != "-":
            rank = {"identity": _IDENTITY_COMES, "kind of identity": _IDENTITY_COMES, "type": _TYPE}.get(name, _REST)
            if old is not None and name.startswith(("partition of", "constraint ", "table ")):
                ranked.append((rank, Repair(key, old.undo, old.undo_risk)))
            ranked.append((rank, Repair(key, new.sql, new.risk)))
    for _, repair in sorted(ranked, key=lambda pair: pair[0]):
        if repair.sql:
            _add(plan, key, repair.sql, repair.why)
        else:
            plan.last.append(repair)


def _recreate_users(plan: RepairPlan) -> None:
    """Drop and create again the views and foreign keys that use what is dropped or changes its type."""
    affected = {repair.key for repair in (*plan.drops, *plan.last) if repair.sql}
    affected |= {
        key
        for key in plan.changed
        if key.kind == "column" and _value(plan.wanted.get(key, {}), "type") != _value(_of_live(plan, key), "type")
    }
    while affected:
        key = affected.pop()
        for name, aspect in _of_live(plan, key).items():
            if not name.startswith("used by "):
                continue
            user = user_of(aspect)
            if user in plan.changed and _value(plan.wanted.get(user, {}), ITSELF) is None:
                continue  # it is dropped anyway
            if user not in plan.recreated and ITSELF in _of_live(plan, user):
                plan.creations[:] = [(rank, repair) for rank, repair in plan.creations if repair.key != user]
                _recreate(plan, user)
                affected.add(user)


def _repaired_by_parent(plan: RepairPlan, key: Key) -> bool:
    """Whether the repair of a column or table repairs the object too."""
    itself = (plan.wanted.get(key) or plan.live.get(key) or {}).get(ITSELF)
    return bool(
        itself
        and "-" in {itself.sql, itself.undo}
        and any(other.kind in {"column", "table"} for other in plan.changed - {key})
    )


def _why_not(difference: Difference) -> str:
    if difference.key.kind == "type":
        return "Postgres cannot take a value out of an enum, move one, or give a type another base: it takes a new type"
    if difference.left is not None and difference.right is None:
        return "what makes one is not in the catalogs here: run what the migrations say"
    return "there is no statement that changes it in its place: it takes a migration"
