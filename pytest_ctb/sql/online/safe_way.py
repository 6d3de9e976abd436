"""The safe way to do what blocks: a statement as the steps that do the same while the application runs.

Each step is a file of its own, for what a transaction has locked stays locked to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql.online.batches import batched
from pytest_ctb.sql.online.columns import added_column, other_type
from pytest_ctb.sql.online.constraints import add_constraint, not_null
from pytest_ctb.sql.online.deparse import statement_sql
from pytest_ctb.sql.online.partitions import attach
from pytest_ctb.sql.online.steps import NOTHING, Effects, SafeStep
from pytest_ctb.sql.parser import as_sql, relation_as_sql
from pytest_ctb.sql.tree import enum, node_name, parse_tree


def safe_way(statement: Statement, effects: Effects) -> tuple[SafeStep, ...]:
    """The steps that do the same; none where there is no other way, or the text does not say what is done.

    Of a DO block or a function the statements inside it are looked at.
    """
    inside = statement.walk()
    changes = [inner for inner in inside if node_name(inner) not in _WRITES]
    for chosen in (changes, inside):
        made = (_BY_NODE[node_name(inner)](inner, effects) for inner in chosen if node_name(inner) in _BY_NODE)
        if steps := tuple(step for steps in made for step in steps):
            return steps
    return ()


def _alter_table(statement: Statement, effects: Effects) -> Iterator[SafeStep]:
    tree = parse_tree(statement)
    if enum(tree, "objtype") != "OBJECT_TABLE":
        return
    steps: list[SafeStep] = []
    others = []
    for node in tree.cmds:
        safe = list(_command(statement, node.alter_table_cmd, effects))
        steps += safe
        others += [] if safe else [node]
    if steps and others:
        made = deepcopy(tree)
        del made.cmds[:]
        made.cmds.extend(others)
        yield SafeStep("what takes a moment", f"{statement_sql(made)};")
    yield from steps


def _command(statement: Statement, command: Any, effects: Effects) -> Iterator[SafeStep]:
    """The steps for one command of an ALTER TABLE; none where it only takes a moment, or there is no other way."""
    relation = parse_tree(statement).relation
    definition = getattr(command, "def")
    match enum(command, "subtype"):
        case "AT_AddConstraint":
            yield from add_constraint(statement, definition.constraint, effects)
        case "AT_SetNotNull" if effects.scanned and not effects.rewritten:
            yield from not_null(relation_as_sql(relation), relation.relname, command.name, effects.major)
        case "AT_AlterColumnType" if effects.rewritten:
            yield from other_type(relation, command, effects)
        case "AT_AddColumn" if effects.rewritten or effects.scanned:
            yield from added_column(statement, definition.column_def, effects)
        case "AT_AttachPartition" if effects.scanned:
            yield from attach(relation_as_sql(relation), definition.partition_cmd, effects)


def _create_index(statement: Statement, effects: Effects) -> Iterator[SafeStep]:
    tree = deepcopy(parse_tree(statement))
    if tree.concurrent:
        return
    columns = [element.index_elem.name or "expr" for element in tree.index_params]
    tree.idxname = tree.idxname or "_".join([tree.relation.relname, *columns, "idx"])
    tree.if_not_exists = True
    name = as_sql(tree.relation.schemaname, tree.idxname)
    if not effects.partitions:
        tree.concurrent = True
        drop = f"DROP INDEX CONCURRENTLY IF EXISTS {name};"  # an invalid one, where an earlier try was cut off
        yield SafeStep(
            "builds the index; reads and writes go on",
            f"{drop}\n{statement_sql(tree)};",
            drop,
            alone=True,
        )
        return
    tree.relation.inh = False
    yield SafeStep(
        "makes the index of the whole, which holds nothing yet",
        f"{statement_sql(tree)};",
        f"DROP INDEX IF EXISTS {name};",
    )
    tree.relation.inh, tree.concurrent, whole = True, True, tree.idxname
    attached = []
    for partition in effects.partitions:
        schema, _, bare = partition.rpartition(".")
        tree.relation.schemaname, tree.relation.relname = schema, bare
        tree.idxname = f"{bare}_{whole}"
        part = as_sql(schema, tree.idxname)
        attached.append(f"ALTER INDEX {name} ATTACH PARTITION {part};")
        drop = f"DROP INDEX CONCURRENTLY IF EXISTS {part};"
        yield SafeStep(
            f"builds that of {partition}; reads and writes go on",
            f"{drop}\n{statement_sql(tree)};",
            drop,
            alone=True,
        )
    yield SafeStep("attaches them, which takes a moment", "\n".join(attached))


def _reindex(statement: Statement, effects: Effects) -> Iterator[SafeStep]:
    del effects
    tree = parse_tree(statement)
    if any(option.def_elem.defname == "concurrently" for option in tree.params):
        return
    kind = enum(tree, "kind").removeprefix("REINDEX_OBJECT_")
    name = relation_as_sql(tree.relation) if tree.HasField("relation") else as_sql(tree.name)
    sql, undo = f"REINDEX {kind} CONCURRENTLY {name};", f"{NOTHING}the index stays as it is"
    yield SafeStep("builds it anew; reads and writes go on", sql, undo, alone=True)


def _write(statement: Statement, effects: Effects) -> Iterator[SafeStep]:
    if sql := batched(statement, partitioned=effects.partitioned):
        undo = f"{NOTHING}what the rows held before is not kept"
        yield SafeStep("does it in batches, each of which commits", sql, undo, alone=True)


def _refresh(statement: Statement, effects: Effects) -> Iterator[SafeStep]:
    del effects
    tree = parse_tree(statement)
    if not tree.concurrent:
        name = relation_as_sql(tree.relation)
        yield SafeStep(
            "replaces the rows while they are read; it needs a unique index over all rows",
            f"REFRESH MATERIALIZED VIEW CONCURRENTLY {name};",
            f"{NOTHING}the definition stays as it is",
        )


_BY_NODE: Mapping[str, Callable[[Statement, Effects], Iterator[SafeStep]]] = {
    "AlterTableStmt": _alter_table,
    "IndexStmt": _create_index,
    "ReindexStmt": _reindex,
    "RefreshMatViewStmt": _refresh,
    "UpdateStmt": _write,
    "DeleteStmt": _write,
}
_WRITES = {"UpdateStmt", "DeleteStmt"}
