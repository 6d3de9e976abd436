"""Rewrite a statement so that it may run twice: raises nothing, and changes nothing, the second time.

Each kind in its own way: `IF NOT EXISTS` where there is such a form, a DO block that asks the catalog where there is
none, `ON CONFLICT` or `EXCEPT` for rows. Where the text does not decide it, `…` is left for a person to fill in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import postgast

from pytest_ctb.model import Source, Statement
from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.forms import COMMANDS, RELATIONS
from pytest_ctb.sql.guards import closed, guarded
from pytest_ctb.sql.object_positions import object_positions
from pytest_ctb.sql.parser import as_sql, literal, parse_statement, relation_as_sql
from pytest_ctb.sql.refused import refused
from pytest_ctb.sql.tree import enum, node_name, node_of, parse_tree, qualified_name_of, strings, walk

_CONDITIONS = {
    "42701": "duplicate_column",
    "42703": "undefined_column",
    "42704": "undefined_object",
    "42710": "duplicate_object",
    "42723": "duplicate_function",
    "42883": "undefined_function",
    "42P01": "undefined_table",
    "42P06": "duplicate_schema",
    "42P07": "duplicate_table",
    "3F000": "invalid_schema_name",
}
"""The names in PL/pgSQL of the errors that say: it is there already, or is gone already (manual, appendix A)."""
_UNIQUE = "23505"
_MARK = "…"


def repeatable(statement: Statement, sqlstate: str = "", constraints: Sequence[str] = ()) -> str:
    """The statement as it may run twice, with semicolons; empty where nothing is known of its kind.

    `sqlstate`: that of the error which a second run met; empty where it met none, but changed something.
    `constraints`: the names of those that the first run made.
    """
    try:
        return _repeatable(statement, sqlstate, constraints)
    except (postgast.PgQueryError, *libpg_query.TOO_DEEP):  # what the parser reads, but cannot write
        return ""


def _repeatable(statement: Statement, sqlstate: str, constraints: Sequence[str]) -> str:
    body, kind = parse_tree(statement), node_name(statement)
    if kind in _ROWS:
        return _ROWS[kind](statement, sqlstate)
    if kind == "AlterTableStmt" and (commands := _altered(statement, constraints)):
        return commands
    if with_guards := guarded(statement):
        return with_guards
    if kind in _ASKED and (condition := _ASKED[kind](body)):
        return _if(condition, statement.sql)
    if sqlstate in _CONDITIONS and kind != "DoStmt" and not refused(statement):
        return _block(
            f"{closed(statement.sql)}\nEXCEPTION WHEN {_CONDITIONS[sqlstate]} THEN NULL;  -- it was there, or gone"
        )
    return _advice(kind, statement)


def _block(code: str) -> str:
    """A DO block around some code; lines are not indented: one may be inside a string."""
    tag = next(tag for tag in ("$$", "$do$", "$once$", "$_once_$") if tag not in code)
    return f"DO {tag}\nBEGIN\n{code}\nEND {tag};"


def _if(condition: str, sql: str) -> str:
    return _block(f"IF {condition} THEN\n{closed(sql)}\nEND IF;")


def _is_there(catalog: str, **columns: str) -> str:
    """A condition that a catalog has a row with these values, given as SQL."""
    return (
        f"EXISTS (SELECT FROM {catalog} WHERE {' AND '.join(f'{name} = {value}' for name, value in columns.items())})"
    )


def _not(condition: str) -> str:
    return f"NOT {condition}"


def _regclass(relation: Any) -> str:
    return f"{literal(relation_as_sql(relation))}::regclass"


def _type_is_there(*name: str) -> str:
    return _is_there("pg_type", oid=f"to_regtype({literal(as_sql(*name))})")


# --- what has no IF NOT EXISTS: a condition under which it is still to be done -------------------------------------


def _new_type(field: str) -> Callable[[Any], str]:
    return lambda body: _not(_type_is_there(*strings(getattr(body, field))))


def _renamed(body: Any) -> str:
    kind, relation = enum(body, "rename_type"), body.relation
    if kind in {"OBJECT_COLUMN", "OBJECT_ATTRIBUTE"}:
        return _is_there("pg_attribute", attrelid=_regclass(relation), attname=literal(body.subname))
    if kind == "OBJECT_TABCONSTRAINT":
        return _is_there("pg_constraint", conrelid=_regclass(relation), conname=literal(body.subname))
    if kind in {"OBJECT_TRIGGER", "OBJECT_POLICY"}:
        catalog, prefix = ("pg_trigger", "tg") if kind == "OBJECT_TRIGGER" else ("pg_policy", "pol")
        return _is_there(catalog, **{f"{prefix}relid": _regclass(relation), f"{prefix}name": literal(body.subname)})
    if kind in {"OBJECT_TYPE", "OBJECT_DOMAIN"}:
        return _type_is_there(*strings(body.object))
    if kind == "OBJECT_SCHEMA":
        return _is_there("pg_namespace", nspname=literal(body.subname))
    return ""


_ASKED: dict[str, Callable[[Any], str]] = {
    "CreateEnumStmt": _new_type("type_name"),
    "CreateRangeStmt": _new_type("type_name"),
    "CompositeTypeStmt": lambda b: _not(_type_is_there(b.typevar.schemaname, b.typevar.relname)),
    "CreateDomainStmt": _new_type("domainname"),
    "DefineStmt": lambda b: _not(_type_is_there(*strings(b.defnames))) if enum(b, "kind") == "OBJECT_TYPE" else "",
    "CreateRoleStmt": lambda b: _not(_is_there("pg_roles", rolname=literal(b.role))),
    "CreatePolicyStmt": lambda b: _not(
        _is_there("pg_policy", polrelid=_regclass(b.table), polname=literal(b.policy_name))
    ),
    "CreateTrigStmt": lambda b: _not(
        _is_there("pg_trigger", tgrelid=_regclass(b.relation), tgname=literal(b.trigname))
    ),
    "CreateEventTrigStmt": lambda b: _not(_is_there("pg_event_trigger", evtname=literal(b.trigname))),
    "CreatePublicationStmt": lambda b: _not(_is_there("pg_publication", pubname=literal(b.pubname))),
    "AlterEnumStmt": lambda b: (
        _is_there(
            "pg_enum", enumtypid=f"{literal(as_sql(*strings(b.type_name)))}::regtype", enumlabel=literal(b.old_val)
        )
        if b.old_val
        else ""
    ),
    "RenameStmt": _renamed,
}


# --- ALTER TABLE: each command by itself ------------------------------------------------------------------------------


def _altered(statement: Statement, constraints: Sequence[str]) -> str:
    """The commands, each with its guard; empty where none of them needs a DO block."""
    body = parse_tree(statement)
    if enum(body, "objtype") not in {*RELATIONS, "OBJECT_TYPE"}:
        return ""
    taken: list[str] = []
    parts: list[str] = []
    asked = False
    unnamed = [cmd for cmd in body.cmds if _is_unnamed(cmd.alter_table_cmd)]
    known = constraints if len(constraints) == len(unnamed) == 1 else ()
    for index, cmd in enumerate(body.cmds):
        command = cmd.alter_table_cmd
        tree = libpg_query.parse(statement.sql)
        alter = node_of(tree.stmts[0])
        only = alter.cmds[index].alter_table_cmd
        if enum(command, "subtype") in COMMANDS and enum(body, "objtype") != "OBJECT_TYPE":
            only.missing_ok = True
        if enum(command, "subtype") == "AT_AddConstraint":
            definition = getattr(only, "def").constraint
            definition.conname = definition.conname or (known[0] if known else _generated(tree, index, taken))
            taken.append(definition.conname)
        condition = _asks(body, only)
        asked = asked or bool(condition)
        sql = _alone(tree, index)
        parts.append(_if(condition, sql) if condition else f"{sql};")
    return "\n".join(parts) if asked else ""


def _alone(tree: Any, index: int) -> str:
    """The ALTER TABLE with one of its commands alone."""
    commands = node_of(tree.stmts[0]).cmds
    del commands[index + 1 :]
    del commands[:index]
    return libpg_query.deparse(tree)


def _is_unnamed(command: Any) -> bool:
    return enum(command, "subtype") == "AT_AddConstraint" and not getattr(command, "def").constraint.conname


def _generated(tree: Any, index: int, taken: Sequence[str]) -> str:
    """The name that Postgres would give to a constraint."""
    copy = postgast.ParseResult()
    copy.CopyFrom(tree)
    sql = _alone(copy, index)
    alone = parse_statement(Source(sql), 0, len(sql))
    assert alone
    prefix = f"{qualified_name_of(parse_tree(alone).relation)}."
    names = [key.name.removeprefix(prefix) for key in object_positions([alone]) if key.kind == "constraint"]
    name = next(filter(None, names), _MARK)
    return next(candidate for candidate in (name, *(f"{name}{n}" for n in range(1, 99))) if candidate not in taken)


def _asks(body: Any, command: Any) -> str:
    """The condition under which a command is still to be done; empty where it needs none."""
    relation, other, asks = body.relation, getattr(command, "def"), ""
    match enum(command, "subtype"):
        case "AT_AddConstraint" if enum(other.constraint, "contype") == "CONSTR_PRIMARY":
            asks = _not(_is_there("pg_constraint", conrelid=_regclass(relation), contype="'p'"))
        case "AT_AddConstraint":
            name = literal(other.constraint.conname)
            asks = _not(_is_there("pg_constraint", conrelid=_regclass(relation), conname=name))
        case "AT_AddColumn" if enum(body, "objtype") == "OBJECT_TYPE":
            name = literal(other.column_def.colname)
            asks = _not(_is_there("pg_attribute", attrelid=_regclass(relation), attname=name))
        case "AT_AddIdentity":
            name = literal(command.name)
            asks = _is_there("pg_attribute", attrelid=_regclass(relation), attname=name, attidentity="''")
        case "AT_AttachPartition" | "AT_DetachPartition" if not other.partition_cmd.concurrent:
            asks = _inherits(other.partition_cmd.name, relation)
        case "AT_AddInherit" | "AT_DropInherit":
            asks = _inherits(relation, other.range_var)
    return _not(asks) if enum(command, "subtype") in {"AT_AttachPartition", "AT_AddInherit"} else asks


def _inherits(child: Any, parent: Any) -> str:
    return _is_there("pg_inherits", inhrelid=_regclass(child), inhparent=_regclass(parent))


# --- rows -------------------------------------------------------------------------------------------------------------


def _inserted(statement: Statement, sqlstate: str) -> str:
    body = parse_tree(statement)
    returns, sets = body.HasField("returning_clause"), body.HasField("on_conflict_clause")
    if sqlstate == _UNIQUE:
        return _no_conflict(statement) if returns else _valid(f"{statement.sql}\nON CONFLICT DO NOTHING")
    if sets and enum(body.on_conflict_clause, "action") == "ONCONFLICT_UPDATE":
        return _advice("OnConflict", statement)
    columns = [target.res_target.name for target in body.cols]
    plain = not (
        sets or returns or body.HasField("with_clause") or any(col.res_target.indirection for col in body.cols)
    )
    plain = plain and enum(body, "override") in {"OVERRIDING_NOT_SET", "OVERRIDING_KIND_UNDEFINED"}
    if columns and plain and body.HasField("select_stmt") and not _varies(body.select_stmt):
        return "\n".join(_except(body, columns))
    return _advice("InsertStmt", statement)


def _except(body: Any, columns: Sequence[str]) -> Iterator[str]:
    """INSERT … EXCEPT what the table has: rows that are equal in all these columns are there already."""
    listed = ", ".join(map(as_sql, columns))
    select = body.select_stmt.select_stmt
    known = f"EXCEPT SELECT {listed} FROM {relation_as_sql(body.relation)};"  # noqa: S608  # to paste
    # Each row of VALUES in a statement of its own: in one, Postgres would take a text for a text, not for a date.
    rows = [_select(row.list.items) for row in select.values_lists] or [f"({_sql_of(body.select_stmt)})"]
    for row in rows:
        yield f"INSERT INTO {relation_as_sql(body.relation)} ({listed})\n{row}\n{known}"


def _select(values: Any) -> str:
    """`SELECT` with these expressions."""
    tree = libpg_query.parse("SELECT 1")
    select = node_of(tree.stmts[0])
    del select.target_list[:]
    for value in values:
        select.target_list.add().res_target.val.CopyFrom(value)
    return libpg_query.deparse(tree)


def _sql_of(node: Any) -> str:
    tree = libpg_query.parse("SELECT 1")
    tree.stmts[0].stmt.CopyFrom(node)
    return libpg_query.deparse(tree)


def _no_conflict(statement: Statement) -> str:
    tree = libpg_query.parse(statement.sql)
    clause = node_of(tree.stmts[0]).on_conflict_clause
    clause.action = clause.DESCRIPTOR.fields_by_name["action"].enum_type.values_by_name["ONCONFLICT_NOTHING"].number
    return f"{libpg_query.deparse(tree)};"


def _varies(node: Any) -> bool:
    """Whether an expression may give another value in another run: it calls a function, or asks for the time."""
    kinds = {"FuncCall", "SQLValueFunction", "SetToDefault", "SubLink"}
    return any(inner.DESCRIPTOR.name in kinds for inner in walk(node))


def _valid(sql: str) -> str:
    libpg_query.parse(sql)
    return closed(sql)


def _updated(statement: Statement, _: str) -> str:
    body = parse_tree(statement)
    targets = [target.res_target for target in body.target_list]
    names = {target.name for target in targets}
    reads = {
        strings(node.fields)[-1]
        for target in targets
        for node in walk(target.val)
        if node.DESCRIPTOR.name == "ColumnRef" and strings(node.fields)
    }
    plain = not (body.HasField("with_clause") or any(target.indirection for target in targets))
    if plain and len(targets) == 1 and not names & reads and _varies(targets[0].val):
        tree = libpg_query.parse(statement.sql)
        update = node_of(tree.stmts[0])
        alias = update.relation.alias.aliasname or update.relation.relname
        condition = f"{as_sql(alias, targets[0].name)} IS NULL"
        _and(update, condition)
        return f"-- Another value in each run: set only what is empty still\n{libpg_query.deparse(tree)};"
    return _advice("UpdateStmt", statement)


def _and(node: Any, condition: str) -> None:
    """Add a condition to the WHERE of a statement."""
    where = node_of(libpg_query.parse(f"SELECT WHERE {condition}").stmts[0]).where_clause
    if not node.HasField("where_clause"):
        node.where_clause.CopyFrom(where)
        return
    both = node_of(libpg_query.parse("SELECT WHERE a AND b").stmts[0]).where_clause
    both.bool_expr.args[0].CopyFrom(node.where_clause)
    both.bool_expr.args[1].CopyFrom(where)
    node.where_clause.CopyFrom(both)


def _advice(kind: str, statement: Statement) -> str:
    table = relation_as_sql(parse_tree(statement).relation) if kind in _OF_TABLES else ""
    return _OPEN[kind].replace("{table}", table) if kind in _OPEN else ""


_ROWS: dict[str, Callable[[Statement, str], str]] = {"InsertStmt": _inserted, "UpdateStmt": _updated}
_OF_TABLES = {"InsertStmt", "OnConflict", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt"}
# What a person has to write, by the kind of statement.
_OPEN = {
    "InsertStmt": """\
-- Nothing keeps the same row out a second time. With a key on {table}:
INSERT INTO {table} … ON CONFLICT DO NOTHING;
-- or without one, ask for the row first:
INSERT INTO {table} (…) SELECT … WHERE NOT EXISTS (SELECT FROM {table} WHERE …);""",
    "OnConflict": """\
-- It reads what it sets, so each run sets something else. Say in WHERE which rows are as before still:
INSERT INTO {table} … ON CONFLICT (…) DO UPDATE SET … WHERE …;""",
    "UpdateStmt": """\
-- It reads what it sets, so each run sets something else. Say in WHERE which rows are as before still:
UPDATE {table} SET … WHERE …;""",
    "DeleteStmt": """\
-- Each run finds other rows to delete. Name those that are meant by what they hold:
DELETE FROM {table} WHERE …;""",
    "MergeStmt": """\
-- Each run finds something to do. Say with AND when it is still to be done:
MERGE INTO {table} … WHEN MATCHED AND … IS DISTINCT FROM … THEN UPDATE SET …;""",
    "CopyStmt": """\
-- COPY has no ON CONFLICT: load into a table of the transaction, and take what is new from there
CREATE TEMPORARY TABLE loaded (LIKE {table}) ON COMMIT DROP;
COPY loaded (…) FROM stdin;
INSERT INTO {table} (…) SELECT … FROM loaded EXCEPT SELECT … FROM {table};""",
    "DoStmt": """\
-- Inside the block, ask first whether it is done already:
IF NOT EXISTS (SELECT FROM … WHERE …) THEN
    …;
END IF;""",
    "SelectStmt": """\
-- What it calls does something in each run. Call it only while that is still to be done:
SELECT … WHERE NOT EXISTS (SELECT FROM … WHERE …);""",
    "CallStmt": """\
-- The procedure does something in each run. Call it only while that is still to be done:
DO $$
BEGIN
IF NOT EXISTS (SELECT FROM … WHERE …) THEN
CALL …;
END IF;
END $$;""",
}
