"""Derive rollback SQL: `DROP TABLE IF EXISTS` for `CREATE TABLE`, `DROP COLUMN IF EXISTS` for `ADD COLUMN`.

Only as far as the text decides it: it does not say which type a column had, or which values an UPDATE overwrote.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from pytest_ctb.model import Key, Statement
from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.forms import RELATIONS
from pytest_ctb.sql.object_positions import object_positions
from pytest_ctb.sql.objects import range_var_created, relation_of, setting
from pytest_ctb.sql.parser import as_sql, relation_as_sql
from pytest_ctb.sql.stack import DEEP, call_with_stack
from pytest_ctb.sql.tree import enum, node_name, node_of, parse_tree, qualified_name_of, strings, walk

TO_WRITE = "WRITE ME"
"""What a line starts with that a person has to write."""
_SHOWN = 60
"""How many characters of a statement a `WRITE ME` line shows."""
_LEAVES_NOTHING = {
    "CheckPointStmt",
    "ClusterStmt",
    "ConstraintsSetStmt",
    "DiscardStmt",
    "ExplainStmt",
    "ListenStmt",
    "LockStmt",
    "NotifyStmt",
    "RefreshMatViewStmt",
    "ReindexStmt",
    "TransactionStmt",
    "UnlistenStmt",
    "VacuumStmt",
    "VariableSetStmt",
    "VariableShowStmt",
}
_ON_A_RELATION = {
    "IndexStmt": "relation",
    "CreateTrigStmt": "relation",
    "RuleStmt": "relation",
    "CreatePolicyStmt": "table",
}
_IN_EVERY_DATABASE = {Key("schema", "public"), Key("extension", "plpgsql")}
"""A file that creates one with IF NOT EXISTS, as dumps do, creates nothing."""
_CHANGING = {"FuncCall", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}
_ADDS = "AT_AddColumn"
_ROWS = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "CopyStmt"}
# A command of ALTER TABLE by the one that undoes it, `{}` being what it names.
_UNDONE_BY = {
    "AT_AddColumn": "DROP COLUMN IF EXISTS {}",
    "AT_AddConstraint": "DROP CONSTRAINT IF EXISTS {}",
    "AT_AddIdentity": "ALTER COLUMN {} DROP IDENTITY IF EXISTS",
    "AT_SetNotNull": "ALTER COLUMN {} DROP NOT NULL",
    "AT_DropNotNull": "ALTER COLUMN {} SET NOT NULL",
    "AT_EnableRowSecurity": "DISABLE ROW LEVEL SECURITY",
    "AT_DisableRowSecurity": "ENABLE ROW LEVEL SECURITY",
    "AT_ForceRowSecurity": "NO FORCE ROW LEVEL SECURITY",
    "AT_NoForceRowSecurity": "FORCE ROW LEVEL SECURITY",
    "AT_AttachPartition": "DETACH PARTITION {}",
    "AT_AddInherit": "NO INHERIT {}",
    "AT_DropInherit": "INHERIT {}",
}


class Inverse(NamedTuple):
    """The rollback of a statement."""

    statement: Statement
    sql: str
    """Without its semicolon; empty where the text does not decide it."""


def inverse(statements: Iterable[Statement], existing: Collection[Key] = ()) -> tuple[Inverse, ...]:
    """The rollback of the statements of a file, in the order in which it has to run: that of the last one first.

    `existing`: the objects that other files define (see `object_positions`), which stay. Parts of a table that the file
    creates itself are left out: they go with their table.
    """
    existing = {*existing, *_IN_EVERY_DATABASE}
    own_objects: set[Key] = set()
    steps: list[Inverse] = []
    paths: list[Inverse] = []
    for statement in statements:
        if (parameter := setting(statement)) and parameter.name == "search_path":
            paths.append(Inverse(statement, statement.sql))
        steps += [Inverse(statement, sql) for sql in _rollback_of(statement, own_objects, existing)]
        own_objects |= _creates(statement).difference(existing)
    return (*paths[:1], *reversed(steps)) if steps else ()


def rollback_block(statements: Sequence[Statement], existing: Collection[Key] = (), *, plain: bool = False) -> str:
    """The comment block `-- Rollback:` for a file, with BEGIN and COMMIT if the file has them; `plain`: SQL alone.

    Statements without a known rollback become a line `WRITE ME`, which does not parse; a comment says which rows or
    values a rollback loses. `existing` as for `inverse`.
    """
    steps = inverse(statements, existing)
    if not steps:
        return "-- Rollback: none, because it leaves nothing behind in the schema\n"
    sql = [line for step in steps for line in ([*_losses(step), f"{step.sql};"] if step.sql else [_mark(step)])]
    framed = any(statement.control for statement in statements)
    lines = "\n".join(["BEGIN;", *sql, "COMMIT;"] if framed else sql).splitlines()
    return "\n".join(lines if plain else ["-- Rollback:", *(f"-- {line}" for line in lines)]) + "\n"


def _losses(step: Inverse) -> Iterator[str]:
    """A comment on the rows and values that the rollback loses: what was written since the file was applied."""
    body, kind = parse_tree(step.statement), node_name(step.statement)
    lost: list[str] = []
    if kind in {"CreateStmt", "SelectStmt"} or (
        kind == "CreateTableAsStmt" and enum(body, "objtype") == "OBJECT_TABLE"
    ):
        lost = [f"the rows of {relation_as_sql(range_var_created(step.statement))}"]
    elif kind == "AlterTableStmt":
        added = [_column(cmd.alter_table_cmd) for cmd in body.cmds if enum(cmd.alter_table_cmd, "subtype") == _ADDS]
        dropped = [name for name in map(as_sql, added) if f"DROP COLUMN IF EXISTS {name}" in step.sql]
        lost = [f"the values of {relation_as_sql(body.relation)}.{name}" for name in dropped]
    if lost:
        yield f"-- Loses what was written since: {', '.join(lost)}"


def _mark(step: Inverse) -> str:
    words = " ".join(step.statement.sql.split())
    shown = f"{words[:_SHOWN]} …" if len(words) > _SHOWN else words
    return f"{TO_WRITE}: what takes back line {step.statement.position.line}, {shown}"


def _creates(statement: Statement) -> set[Key]:
    """The objects that a statement creates, and the columns that it adds to a table."""
    if node_name(statement) == "AlterTableStmt":
        table = qualified_name_of(parse_tree(statement).relation)
        added = [command.alter_table_cmd for command in parse_tree(statement).cmds]
        return {
            Key("column", f"{table}.{_column(command)}")
            for command in added
            if enum(command, "subtype") == "AT_AddColumn"
        }
    relation = range_var_created(statement)
    keys = {key for key in object_positions([statement]) if key.kind not in {"column", "constraint", "comment"}}
    return keys or ({Key("table", qualified_name_of(relation))} if relation is not None else set())


def _rollback_of(statement: Statement, own_objects: set[Key], existing: Collection[Key]) -> Iterator[str]:
    """The rollback statements of a statement; an empty one where the text does not decide it."""
    body, kind = parse_tree(statement), node_name(statement)
    relation = range_var_created(statement)
    if kind in _LEAVES_NOTHING or (relation is not None and relation_of(relation).temporary):
        return
    if kind == "AlterTableStmt":
        yield from _altered(statement, own_objects, existing)
    elif kind in _ROWS:
        if body.relation.relname and not _is_own(body.relation, own_objects) and not _fills(body, kind, own_objects):
            yield ""
    elif kind == "SelectStmt" and relation is None:
        if any(node.DESCRIPTOR.name in _CHANGING for node in walk(body)):
            yield ""
    elif kind in {"AlterEnumStmt", "AlterSeqStmt"}:
        if not _alters_is_own(body, kind, own_objects):
            yield ""
    elif kind == "CommentStmt":
        yield from _comment(statement, own_objects, existing)
    elif kind in {"GrantStmt", "GrantRoleStmt", "AlterDefaultPrivilegesStmt"}:
        yield from _granted(statement, own_objects)
    elif kind == "RenameStmt":
        yield _renamed(body)
    elif kind == "AlterObjectSchemaStmt":
        yield _moved(body)
    else:
        yield from _created(statement, own_objects, existing)


def _is_own(relation: Any, own_objects: Collection[Key]) -> bool:
    """Whether the file itself creates the relation (a RangeVar)."""
    kinds = ("table", "view", "materialized view")
    return any(Key(kind, qualified_name_of(relation)) in own_objects for kind in kinds)


def _fills(body: Any, kind: str, own_objects: Collection[Key]) -> bool:
    """Whether a statement is an UPDATE that sets only columns that the file adds."""
    table = qualified_name_of(body.relation)
    return kind == "UpdateStmt" and all(
        Key("column", f"{table}.{target.res_target.name}") in own_objects for target in body.target_list
    )


def _alters_is_own(body: Any, kind: str, own_objects: Collection[Key]) -> bool:
    if kind == "AlterSeqStmt":
        return Key("sequence", qualified_name_of(body.sequence)) in own_objects
    name = strings(body.type_name)
    return Key("type", ".".join(name if len(name) > 1 else ["public", *name])) in own_objects


def _created(statement: Statement, own_objects: set[Key], existing: Collection[Key]) -> Iterator[str]:
    body, kind = parse_tree(statement), node_name(statement)
    if kind in _ON_A_RELATION and _is_own(getattr(body, _ON_A_RELATION[kind]), own_objects):
        return  # dropped with its table
    created_here = _creates(statement)
    if created_here and created_here <= set(existing):
        if getattr(body, "replace", False):
            yield ""  # another file has the version before
        return
    what = _DROPPED.get(kind, lambda _: "")(body)
    yield f"DROP {what}" if what else ""


def _schema(body: Any) -> str:
    return f"SCHEMA IF EXISTS {as_sql(body.schemaname)}" if body.schemaname and not body.schema_elts else ""


def _index(body: Any) -> str:
    concurrently = "CONCURRENTLY " if body.concurrent else ""
    return f"INDEX {concurrently}IF EXISTS {as_sql(body.relation.schemaname, body.idxname)}" if body.idxname else ""


def _routine(body: Any) -> str:
    """The routine with the types of its arguments: others may have the same name."""
    return call_with_stack(DEEP, _named_routine, body)


def _named_routine(body: Any) -> str:
    words = "PROCEDURE" if body.is_procedure else "FUNCTION"
    tree = libpg_query.parse(f"DROP {words} IF EXISTS f()")
    target = tree.stmts[0].stmt.drop_stmt.objects[0].object_with_args
    del target.objname[:]
    target.objname.extend(body.funcname)
    for parameter in body.parameters:
        if enum(parameter.function_parameter, "mode") not in {"FUNC_PARAM_OUT", "FUNC_PARAM_TABLE"}:
            target.objargs.add().type_name.CopyFrom(parameter.function_parameter.arg_type)
    return libpg_query.deparse(tree).removeprefix("DROP ")


# The words behind DROP for each kind of CREATE; empty where the text does not name the object.
_DROPPED: dict[str, Callable[[Any], str]] = {
    "CreateStmt": lambda b: f"TABLE IF EXISTS {relation_as_sql(b.relation)}",
    "CreateForeignTableStmt": lambda b: f"FOREIGN TABLE IF EXISTS {relation_as_sql(b.base_stmt.relation)}",
    "CreateTableAsStmt": lambda b: f"{RELATIONS[enum(b, 'objtype')]} IF EXISTS {relation_as_sql(b.into.rel)}",
    "SelectStmt": lambda b: f"TABLE IF EXISTS {relation_as_sql(b.into_clause.rel)}",
    "ViewStmt": lambda b: f"VIEW IF EXISTS {relation_as_sql(b.view)}",
    "CreateSeqStmt": lambda b: f"SEQUENCE IF EXISTS {relation_as_sql(b.sequence)}",
    "CreateSchemaStmt": _schema,
    "IndexStmt": _index,
    "CreateExtensionStmt": lambda b: f"EXTENSION IF EXISTS {as_sql(b.extname)}",
    "CreateFunctionStmt": _routine,
    "CreateTrigStmt": lambda b: f"TRIGGER IF EXISTS {as_sql(b.trigname)} ON {relation_as_sql(b.relation)}",
    "CreateEventTrigStmt": lambda b: f"EVENT TRIGGER IF EXISTS {as_sql(b.trigname)}",
    "RuleStmt": lambda b: f"RULE IF EXISTS {as_sql(b.rulename)} ON {relation_as_sql(b.relation)}",
    "CreatePolicyStmt": lambda b: f"POLICY IF EXISTS {as_sql(b.policy_name)} ON {relation_as_sql(b.table)}",
    "CreateEnumStmt": lambda b: f"TYPE IF EXISTS {as_sql(*strings(b.type_name))}",
    "CreateRangeStmt": lambda b: f"TYPE IF EXISTS {as_sql(*strings(b.type_name))}",
    "CompositeTypeStmt": lambda b: f"TYPE IF EXISTS {relation_as_sql(b.typevar)}",
    "CreateDomainStmt": lambda b: f"DOMAIN IF EXISTS {as_sql(*strings(b.domainname))}",
    "CreateStatsStmt": lambda b: f"STATISTICS IF EXISTS {as_sql(*strings(b.defnames))}" if b.defnames else "",
    "CreateRoleStmt": lambda b: f"ROLE IF EXISTS {as_sql(b.role)}",
    "CreateForeignServerStmt": lambda b: f"SERVER IF EXISTS {as_sql(b.servername)}",
    "CreatePublicationStmt": lambda b: f"PUBLICATION IF EXISTS {as_sql(b.pubname)}",
}


def _altered(statement: Statement, own_objects: set[Key], existing: Collection[Key]) -> Iterator[str]:
    """The rollback of an ALTER TABLE: one ALTER TABLE with the inverse of each command, the last first."""
    body = parse_tree(statement)
    table = qualified_name_of(body.relation)
    own_table = _is_own(body.relation, own_objects)
    known: list[str] = []
    unknown = False
    for cmd in body.cmds:
        command = cmd.alter_table_cmd
        subtype, column = enum(command, "subtype"), _column(command)
        key = Key("column", f"{table}.{column}")
        if key in (own_objects if subtype != "AT_AddColumn" else existing):
            continue  # dropped with its column, or the column existed before
        if own_table and not (subtype == "AT_AddConstraint" and _is_foreign_key(command)):
            continue  # dropped with its table; but the other table could not be dropped before
        form = _UNDONE_BY.get(subtype, "")
        named = column or _constraint(statement, command) or _sql_of_other(command)
        if not form or ("{}" in form and not named):
            unknown = True
        else:
            known.insert(0, form.format(named if subtype in _NAMING_OTHER_TABLE else as_sql(named)))
    words = RELATIONS.get(enum(body, "objtype"), "TYPE")
    if enum(body, "objtype") == "OBJECT_TYPE":
        known = [action.replace(" COLUMN ", " ATTRIBUTE ") for action in known]
    if unknown:
        yield ""
    if known:
        between = "\n    " if len(known) > 1 else " "
        parts = between + f",{between}".join(known)
        guard = "" if words == "TYPE" else "IF EXISTS "
        yield f"ALTER {words} {guard}{relation_as_sql(body.relation)}{parts}"


_NAMING_OTHER_TABLE = {"AT_AttachPartition", "AT_AddInherit", "AT_DropInherit"}


def _column(command: Any) -> str:
    if enum(command, "subtype") == "AT_AddColumn":
        return str(getattr(command, "def").column_def.colname)
    return str(command.name) if "Constraint" not in enum(command, "subtype") else ""


def _is_foreign_key(command: Any) -> bool:
    return enum(getattr(command, "def").constraint, "contype") == "CONSTR_FOREIGN"


def _constraint(statement: Statement, command: Any) -> str:
    """The name of a constraint, or the one that Postgres generates."""
    definition = getattr(command, "def").constraint
    if enum(command, "subtype") != "AT_AddConstraint" or (
        len(parse_tree(statement).cmds) > 1 and not definition.conname
    ):
        return str(definition.conname)
    names = [key.name for key in object_positions([statement]) if key.kind == "constraint"]
    prefix = f"{qualified_name_of(parse_tree(statement).relation)}."
    return str(definition.conname) or next((name.removeprefix(prefix) for name in names if name != prefix), "")


def _sql_of_other(command: Any) -> str:
    """The table that a command attaches or inherits from."""
    other = getattr(command, "def")
    if other.WhichOneof("node") == "partition_cmd":
        return relation_as_sql(other.partition_cmd.name)
    return relation_as_sql(other.range_var) if other.WhichOneof("node") == "range_var" else ""


def _comment(statement: Statement, own_objects: set[Key], existing: Collection[Key]) -> Iterator[str]:
    (key,) = object_positions([statement])
    kind, _, name = key.name.partition(" ")
    if Key(kind, name) in own_objects or Key("table", name.rpartition(".")[0]) in own_objects:
        return
    if key in existing or not kind:
        yield ""  # another file has the comment before
        return
    tree = libpg_query.parse(statement.sql)
    tree.stmts[0].stmt.comment_stmt.comment = ""
    yield libpg_query.deparse(tree)


def _granted(statement: Statement, own_objects: set[Key]) -> Iterator[str]:
    """The rollback of a GRANT (a REVOKE of the same) or a REVOKE (a GRANT)."""
    tree = libpg_query.parse(statement.sql)
    node, kind = node_of(tree.stmts[0]), node_name(statement)
    if kind == "GrantStmt" and enum(node, "targtype") == "ACL_TARGET_OBJECT" and node.objects:
        of = {"OBJECT_TABLE": "table", "OBJECT_SCHEMA": "schema", "OBJECT_SEQUENCE": "sequence"}.get(
            enum(node, "objtype"), "function"
        )
        named = [
            Key(of, qualified_name_of(name.range_var) if name.HasField("range_var") else ".".join(strings(name)))
            for name in node.objects
        ]
        if set(named) <= own_objects:
            return
    for part in (node, node.action) if kind == "AlterDefaultPrivilegesStmt" else (node,):
        for field, value in (("grant_option", False), ("is_grant", not getattr(part, "is_grant", True))):
            if field in part.DESCRIPTOR.fields_by_name:
                setattr(part, field, value)
    if kind == "GrantRoleStmt":
        del node.opt[:]
    yield libpg_query.deparse(tree)


def _renamed(body: Any) -> str:
    words = RELATIONS.get(enum(body, "rename_type"))
    if words:
        now = as_sql(body.relation.schemaname, body.newname)
        return f"ALTER {words} IF EXISTS {now} RENAME TO {as_sql(body.relation.relname)}"
    part = {"OBJECT_COLUMN": "COLUMN", "OBJECT_TABCONSTRAINT": "CONSTRAINT"}.get(enum(body, "rename_type"))
    table = RELATIONS.get(enum(body, "relation_type"), "TABLE")
    if not part:
        return ""
    renaming = f"RENAME {part} {as_sql(body.newname)} TO {as_sql(body.subname)}"
    return f"ALTER {table} {relation_as_sql(body.relation)} {renaming}"


def _moved(body: Any) -> str:
    words = RELATIONS.get(enum(body, "object_type"))
    if not words or not body.relation.schemaname:
        return ""
    now = as_sql(body.newschema, body.relation.relname)
    return f"ALTER {words} IF EXISTS {now} SET SCHEMA {as_sql(body.relation.schemaname)}"
