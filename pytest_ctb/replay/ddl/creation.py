"""What makes each object of the replayed schema in an empty database, in an order in which it can run."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from pytest_ctb.model import Creation, Key, QueryResult, Schema
from pytest_ctb.model.creations import root_of
from pytest_ctb.replay.ddl.aspects import ITSELF, NEW, STATEMENTS, Aspect, read_aspects, roles, with_roles
from pytest_ctb.replay.witness.catalog import OBJECTS, OWNER
from pytest_ctb.sql import as_sql, literal, spelled_sql

NEEDS = OBJECTS + Path(__file__).with_name("needs.sql").read_text(encoding="utf-8")
"""The query for the objects that each object needs."""
QUERIES = (STATEMENTS, NEEDS)
_FIRST = (
    *("role", "membership", "setting", "schema", "extension", "type", "sequence", "table", "function"),
    *("foreign key", "view", "attachment", "trigger", "rule", "policy", "publication", "event trigger"),
    *("deferred", "privileges", "default privileges"),
)
"""The order of what needs nothing of each other. An index, another constraint, a comment come with their table."""
_WITH_ITS_OBJECT = ("column", "constraint", "index", "statistics", "comment")
_DEFERRED = {"owned by", "replica identity", "cluster"}
"""Aspects whose statement needs more than the object."""
_PARTITION_COPY = "THAT OF THE PARTITIONED TABLE"
_ROLE = {"SUPERUSER", "NOINHERIT", "CREATEROLE", "CREATEDB", "LOGIN", "REPLICATION", "BYPASSRLS"}

Node = tuple[Key, bool]
"""An object, and whether it is about what has to wait for others."""


def creations(schema: Schema, results: Mapping[str, QueryResult]) -> tuple[Creation, ...]:
    """What makes each object of a schema, from the results of QUERIES; nothing for an object that has no SQL here."""
    statements, needs = (results.get(query) for query in QUERIES)
    if statements is None or needs is None or statements.error or needs.error:
        return ()
    (role,) = (row[1] for row in statements.rows if row[0] == "role" and row[2] == ITSELF)
    aspects = read_aspects(statements.rows, role)
    needed: dict[Key, set[Key]] = defaultdict(set)
    for kind, name, of_kind, of_name in needs.rows:
        needed[Key(kind, name)].add(Key(of_kind, of_name))
    made: dict[Node, Creation] = {}
    for key, object_ in schema.objects.items():
        known = aspects.get(key, {})
        included = key.kind == "column" or (key.kind == "sequence" and ITSELF in known and known[ITSELF].sql == "-")
        more, deferred = _more(known)
        itself, root = tuple(_itself(key, object_.definition, known)), root_of(schema, key)
        made[key, False] = Creation(key, object_.of, root, included, itself, more, frozenset(needed.get(key, ())))
        if deferred:
            made[key, True] = Creation(key, key, root, included=False, more=deferred)
    return tuple(made[node] for node in _ordered(made, schema, needed))


def _itself(key: Key, definition: str, aspects: Mapping[str, Aspect]) -> Iterator[str]:
    """The statements that make an object."""
    if key.kind == "role":
        yield _role(key.name, definition)
    elif key.kind == "membership":
        yield from _membership(key.name, definition)
    elif key.kind not in {"privileges", "default privileges"} and not key.name.startswith("extension "):
        itself = aspects.get(NEW) or aspects.get(ITSELF)
        if itself and itself.sql not in {"", "-"} and definition != _PARTITION_COPY:
            yield _named(itself.sql)


def _more(aspects: Mapping[str, Aspect]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The further statements of an object: those that may follow it, and those that have to wait for others."""
    is_view = ITSELF in aspects and "columns" in aspects  # whose statement has its options
    sql = {
        name: _named(aspect.sql)
        for name, aspect in sorted(aspects.items())
        if aspect.after
        and aspect.sql not in {"", "-"}
        and not _is_of_owner(name, aspect)
        and not (is_view and name.startswith("option "))
    }
    return (
        tuple(text for name, text in sql.items() if name not in _DEFERRED),
        tuple(text for name, text in sql.items() if name in _DEFERRED),
    )


def _is_of_owner(name: str, aspect: Aspect) -> bool:
    """Whether it gives the object to the one who loads the file, who owns it anyway."""
    return name == "owner" and roles(aspect.sql, OWNER) == (OWNER,)


def _named(sql: str) -> str:
    """The statement with its roles; who loads the file stands for the one who migrates."""
    names = ["CURRENT_USER" if role == OWNER else as_sql(role) for role in roles(sql, OWNER)]
    return spelled_sql(with_roles(sql, names))


def _role(name: str, definition: str) -> str:
    """A role, unless the server has it: all databases share it."""
    options = [word for word in definition.split() if word in _ROLE]
    limit = definition.partition("CONNECTION LIMIT ")[2]
    options += [f"CONNECTION LIMIT {limit.split()[0]}"] if limit else []
    until = definition.partition("VALID UNTIL ")[2].removesuffix("PASSWORD").strip()
    options += [f"VALID UNTIL {literal(until)}"] if until else []
    create = " ".join(["CREATE ROLE", as_sql(name), *options])
    return (
        f"DO $$ BEGIN\n    IF pg_catalog.to_regrole({literal(as_sql(name))}) IS NULL THEN\n"
        f"        {create};\n    END IF;\nEND $$"
    )


def _membership(name: str, definition: str) -> Iterator[str]:
    member, _, group = name.removeprefix("of ").partition(" in ")
    for line in definition.splitlines():
        admin = " WITH ADMIN OPTION" if "WITH ADMIN" in line else ""
        whom = "CURRENT_USER" if member == "owner" else as_sql(member)
        if member != "owner":
            yield f"GRANT {as_sql(group)} TO {whom}{admin}"


def _ordered(made: Mapping[Node, Creation], schema: Schema, needed: Mapping[Key, set[Key]]) -> Iterator[Node]:
    """The nodes, what is needed before what needs it; of those that could be next the first by kind and name."""
    before: dict[Node, set[Node]] = {}
    partitions = defaultdict(set)
    for partition, tables in needed.items():
        if partition in schema.objects and "PARTITION OF " in schema.objects[partition].definition:
            for table in tables:
                partitions[table].add((partition, False))
    for node in made:
        key, deferred = node
        wanted = {(other, False) for other in needed.get(key, ())}
        if key.kind in {"index", "constraint"}:  # a partition that comes later would get a copy by itself
            wanted |= partitions.get(schema.objects[key].of or key, set())
        if (of := schema.objects[key].of) is not None and (deferred or key.kind != "sequence"):  # which its table needs
            wanted |= {(of, False)}
        if deferred:
            wanted |= {(key, False)}
        before[node] = {other for other in wanted if other in made and other != node}
    after = defaultdict(list)
    for waits, nodes in before.items():
        for needs in nodes:
            after[needs].append(waits)
    waiting = {node: len(others) for node, others in before.items()}
    ready = [(_rank(node, schema), node) for node, count in waiting.items() if not count]
    heapq.heapify(ready)
    while waiting:
        if not ready:  # a circle: the first by kind and name has to do
            heapq.heappush(ready, min((_rank(node, schema), node) for node in waiting))
        _, node = heapq.heappop(ready)
        if node not in waiting:
            continue
        del waiting[node]
        yield node
        for next_node in after[node]:
            if next_node in waiting:
                waiting[next_node] -= 1
                if not waiting[next_node]:
                    heapq.heappush(ready, (_rank(next_node, schema), next_node))


def _rank(node: Node, schema: Schema) -> tuple[int, str, int, str]:
    key, deferred = node
    root = root_of(schema, key)
    kind = key.kind if key.kind in _FIRST else root.kind
    if deferred:
        kind = "deferred"
    elif key.kind == "constraint" and schema.objects[key].definition.startswith("FOREIGN KEY"):
        kind = "foreign key"
    elif key.kind == "comment":
        of = schema.objects[key].of
        kind = of.kind if of and of.kind in _FIRST else root.kind
    kind = {"materialized view": "view", "foreign table": "table"}.get(kind, kind)
    within = _WITH_ITS_OBJECT.index(key.kind) + 1 if key.kind in _WITH_ITS_OBJECT else 0
    return (_FIRST.index(kind) if kind in _FIRST else len(_FIRST), root.name, within, key.name)
