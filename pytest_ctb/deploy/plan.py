"""What has to be dropped, made and altered for each difference, from what makes each object on both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pytest_ctb.deploy.drift.aspects import ITSELF, Aspect, Aspects
from pytest_ctb.deploy.drift.compare import Drift
from pytest_ctb.deploy.ordering import FIRST, MADE, Repair, user
from pytest_ctb.model import Difference, Key, Schema
from pytest_ctb.replay.witness.catalog import OWNER

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
_AT_ONCE = {"trigger", "rule", "policy", "event trigger"}
"""Kinds of which one is replaced in one transaction, in its place."""
_WHOLE = ("definition", "signature", "columns")
"""Aspects that only making the object anew can change."""
_IDENTITY_GOES, _TYPE, _REST, _IDENTITY_COMES = range(4)


@dataclass
class Plan:
    """The repairs, in three groups that follow one another."""

    drift: Drift
    wanted: Aspects
    live: Aspects
    drops: list[Repair] = field(default_factory=list)
    makes: list[tuple[int, Repair]] = field(default_factory=list)
    late: list[Repair] = field(default_factory=list)
    rebuilt: set[Key] = field(default_factory=set)
    changed: set[Key] = field(default_factory=set)


def planned(drift: Drift, wanted: Aspects, live: Aspects) -> Plan:
    """The repairs of all differences. Every difference has one, or one that says why there is none."""
    plan = Plan(drift, wanted, live, changed={one.key for one in drift.found})
    for one in drift.found:
        before = len(plan.drops), len(plan.makes), len(plan.late)
        _repair(plan, one)
        if before == (len(plan.drops), len(plan.makes), len(plan.late)) and not _comes_along(plan, one):
            plan.late.append(Repair(one.key, "", _why_not(one)))
    _rebuild_users(plan)
    return plan


def _repair(plan: Plan, one: Difference) -> None:
    if one.left is None:
        _drop(plan, one.key, _of_live(plan, one.key))
    elif one.right is None:
        _make(plan, one.key)
    else:
        _change(plan, one.key)


def _of_live(plan: Plan, key: Key) -> Mapping[str, Aspect]:
    return plan.live.get(key, {})


def _drop(plan: Plan, key: Key, own: Mapping[str, Aspect]) -> None:
    itself = own.get(ITSELF)
    if key.kind in {"privileges", "default privileges"}:
        _aspects(plan, key)
    elif itself and itself.undo not in {"", "-"}:
        group = plan.drops if key.kind in FIRST else plan.late
        group.append(Repair(key, itself.undo, itself.undo_risk))
        for each in _children(plan.drift.live, key):
            if each.kind == "constraint" and key.kind == "table" and _is_foreign(each, plan):
                gone = plan.live[each][ITSELF]
                plan.drops.append(Repair(each, gone.undo, gone.undo_risk))


def _is_foreign(key: Key, plan: Plan) -> bool:
    """A foreign key, by what it needs, to a table that goes as well."""
    return any(
        aspect == f"used by {key}" and Key("table", other.name.rpartition(".")[0]) in plan.changed
        for other, own in plan.live.items()
        if other.kind == "constraint"
        for aspect in own
    )


def _make(plan: Plan, key: Key, *, with_its_table: bool = False) -> None:
    """Make an object, what needs a statement of its own of it, and all that goes with it."""
    own = plan.wanted.get(key, {})
    itself = own.get(ITSELF)
    if _parent(own) in plan.changed and _parent(own) in plan.drift.live.objects:
        plan.late.append(Repair(key, "", f"{_parent(own)}, of which it is a part, has to be what it should be first"))
        return
    if itself and itself.sql == "" and key.kind not in {"privileges", "default privileges"}:
        return
    if itself and itself.sql != "-" and not (with_its_table and key.kind == "column"):
        _add(plan, key, itself.sql, itself.risk)
    for aspect in own.values():
        if aspect.after and aspect.sql not in {"", "-"}:
            _add(plan, key, aspect.sql, "" if itself else aspect.risk, late=True)
    _grant_nothing_more(plan, key)
    for each in _children(plan.drift.wanted, key):
        _make(plan, each, with_its_table=key.kind in {"table", "foreign table"})


def _parent(own: Mapping[str, Aspect]) -> Key | None:
    """The table of which one is a partition."""
    one = own.get("partition of")
    name = one.value.partition(" FOR VALUES ")[0].removesuffix(" DEFAULT") if one else ""
    return Key("table", name) if name else None


def _grant_nothing_more(plan: Plan, key: Key) -> None:
    """Take back from a new object what the default privileges of the live database give it as it is made."""
    target = plan.wanted.get(key, {}).get("target")
    what = _DEFAULTS_ON.get(key.kind)
    if target is None or what is None:
        return
    for other, own in plan.live.items():
        if other.kind != "default privileges" or not other.name.endswith(f" on {what}"):
            continue
        schema = other.name.removesuffix(f" on {what}").partition(" in ")[2]
        if schema and not key.name.startswith(f"{schema}."):
            continue
        for name in own:
            sign, _, rest = name.partition(" ")
            whom, _, privilege = rest.rpartition(" ")
            words = (
                f"GRANT {privilege} ON {target.value} TO {whom}"
                if sign == "-"
                else f"REVOKE ALL ON {target.value} FROM {whom}"
            )
            if whom.strip("\x01") != OWNER:
                plan.makes.append((MADE.index("comment") + len(MADE), Repair(key, words)))


def _children(schema: Schema, key: Key) -> list[Key]:
    return [each for each, one in schema.objects.items() if one.of == key]


def _add(plan: Plan, key: Key, sql: str, risk: str, *, late: bool = False) -> None:
    rank = MADE.index(key.kind) if key.kind in MADE else len(MADE)
    if key.kind == "constraint" and " FOREIGN KEY " in plan.wanted.get(key, {})["itself"].sql:
        rank = MADE.index("trigger")  # what it refers to may be an index
    plan.makes.append((rank + (len(MADE) if late else 0), Repair(key, sql, risk)))


def _change(plan: Plan, key: Key) -> None:
    own, theirs = plan.wanted.get(key, {}), _of_live(plan, key)
    unlike = [name for name in own.keys() | theirs.keys() if _value(own, name) != _value(theirs, name)]
    unlike = [name for name in unlike if not name.startswith("used by ")]
    if key.kind == "comment":
        _add(plan, key, own[ITSELF].sql, "")
    elif key.kind == "constraint" and unlike == ["validated"] and "validated" in own:
        _add(plan, key, own["validated"].sql, own["validated"].risk)
    elif not unlike or any(name in _WHOLE or name == ITSELF for name in unlike) or unlike == ["validated"]:
        _replace(plan, key, unlike)
    else:
        _aspects(plan, key)


def _value(own: Mapping[str, Aspect], name: str) -> str | None:
    return own[name].value if name in own else None


def _replace(plan: Plan, key: Key, unlike: list[str]) -> None:
    """Make an object anew, in its place where that can be done."""
    own, theirs = plan.wanted.get(key, {}), _of_live(plan, key)
    if ITSELF not in own or own[ITSELF].sql in {"", "-"} or ITSELF not in theirs:
        return
    made, gone = own[ITSELF], theirs[ITSELF]
    in_place = key.kind == "function" and "signature" not in unlike
    if key.kind == "view":
        in_place = (
            own["columns"].value.splitlines()[: len(theirs["columns"].value.splitlines())]
            == theirs["columns"].value.splitlines()
        )
    if in_place:
        _add(
            plan,
            key,
            made.sql,
            made.risk or ("its callers get what the migrations say" if key.kind == "function" else ""),
        )
        _aspects(plan, key, but=_WHOLE)
    elif key.kind in _AT_ONCE:
        _add(plan, key, f"BEGIN;\n{gone.undo};\n{made.sql};\nCOMMIT", made.risk)
        _after(plan, key)
    else:
        _anew(plan, key)


def _after(plan: Plan, key: Key) -> None:
    for aspect in plan.wanted[key].values():
        if aspect.after and aspect.sql not in {"", "-"}:
            _add(plan, key, aspect.sql, "", late=True)
    for each in _children(plan.drift.wanted, key):
        _make(plan, each)


def _anew(plan: Plan, key: Key) -> None:
    """Drop an object and make it again, with all that goes with it."""
    if key in plan.rebuilt:
        return
    plan.rebuilt.add(key)
    gone = _of_live(plan, key)[ITSELF]
    if key.kind == "type" or key.kind in {"table", "foreign table", "column", "schema", "extension"}:
        return
    (plan.drops if key.kind in FIRST else plan.late).append(Repair(key, gone.undo, gone.undo_risk))
    if key.kind == "function":
        plan.drops.append(plan.late.pop())
    if key in plan.wanted:
        _make(plan, key)


def _aspects(plan: Plan, key: Key, but: Iterable[str] = ()) -> None:
    """Each aspect that is not the same; what both have in two ways is given anew."""
    own, theirs = plan.wanted.get(key, {}), _of_live(plan, key)
    todo: list[tuple[int, Repair]] = []
    for name in sorted(
        own.keys() | theirs.keys(), key=lambda name: (list(own).index(name) if name in own else -1, name)
    ):
        mine, there = own.get(name), theirs.get(name)
        if name in but or name == ITSELF or name.startswith("used by ") or _value(own, name) == _value(theirs, name):
            continue
        if mine is None and there is not None:
            if there.undo == "":
                todo.append((_REST, Repair(key, "", f"its {name} cannot be taken away by a statement of its own")))
            elif there.undo != "-":
                todo.append((_IDENTITY_GOES if name == "identity" else _REST, Repair(key, there.undo, there.undo_risk)))
        elif mine is not None and mine.sql == "":
            todo.append((_REST, Repair(key, "", f"its {name} cannot be given by a statement of its own")))
        elif mine is not None and mine.sql != "-":
            rank = {"identity": _IDENTITY_COMES, "kind of identity": _IDENTITY_COMES, "type": _TYPE}.get(name, _REST)
            if there is not None and name.startswith(("partition of", "constraint ", "table ")):
                todo.append((rank, Repair(key, there.undo, there.undo_risk)))
            todo.append((rank, Repair(key, mine.sql, mine.risk)))
    for _, one in sorted(todo, key=lambda pair: pair[0]):
        if one.sql:
            _add(plan, key, one.sql, one.why)
        else:
            plan.late.append(one)


def _rebuild_users(plan: Plan) -> None:
    """Views and foreign keys go before what they use is dropped or gets another type, and come back behind it."""
    going = {one.key for one in (*plan.drops, *plan.late) if one.sql}
    going |= {
        key
        for key in plan.changed
        if key.kind == "column" and _value(plan.wanted.get(key, {}), "type") != _value(_of_live(plan, key), "type")
    }
    while going:
        key = going.pop()
        for name, one in _of_live(plan, key).items():
            if not name.startswith("used by "):
                continue
            by = user(one)
            if by in plan.changed and _value(plan.wanted.get(by, {}), ITSELF) is None:
                continue  # it is dropped anyway
            if by not in plan.rebuilt and ITSELF in _of_live(plan, by):
                plan.makes[:] = [each for each in plan.makes if each[1].key != by]
                _anew(plan, by)
                going.add(by)


def _comes_along(plan: Plan, one: Difference) -> bool:
    """It is made, dropped or changed with the object that it goes with, which has a repair of its own."""
    own = plan.wanted.get(one.key) or plan.live.get(one.key) or {}
    itself = own.get(ITSELF)
    return bool(
        itself
        and "-" in {itself.sql, itself.undo}
        and any(each.kind in {"column", "table"} for each in plan.changed - {one.key})
    )


def _why_not(one: Difference) -> str:
    if one.key.kind == "type":
        return "Postgres cannot take a value out of an enum, move one, or give a type another base: it takes a new type"
    if one.left is not None and one.right is None:
        return "what makes one cannot be told from the catalogs here: run what the migrations say"
    return "there is no statement that changes it in its place: it takes a migration"
