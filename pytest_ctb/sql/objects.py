"""Typed facts of a statement: what it creates, drops, renames, alters, sets and comments on.

Names are as the SQL gives them: the schema is empty where none is named. Each function returns None, or nothing, for
any other statement. For statements inside a body, call it on those (`Statement.walk`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pytest_ctb.model import Statement
from pytest_ctb.sql.kinds import command_words
from pytest_ctb.sql.tags import object_words
from pytest_ctb.sql.tree import enum, node_name, parse_tree, strings, walk


class Relation(NamedTuple):
    """A table, view, sequence or index, by its name in the SQL."""

    schema: str
    name: str
    temporary: bool = False
    """The SQL itself says TEMPORARY, or names pg_temp."""

    def __str__(self) -> str:
        """`company.master`, or the bare name."""
        return ".".join(part for part in (self.schema, self.name) if part)


class Created(NamedTuple):
    """The object that a CREATE or a SELECT INTO creates."""

    kind: str
    """`TABLE`, `MATERIALIZED VIEW`, `ROLE`"""
    schema: str
    """Empty too for objects outside of schemas, and for parts of a table: for these see `relation`."""
    name: str
    """Empty where Postgres generates one."""
    if_not_exists: bool
    temporary: bool = False

    def __str__(self) -> str:
        """`company.master`, or the bare name."""
        return ".".join(part for part in (self.schema, self.name) if part)


class Extension(NamedTuple):
    """A CREATE EXTENSION with its parameters."""

    name: str
    schema: str | None
    version: str | None
    if_not_exists: bool
    cascade: bool


class Index(NamedTuple):
    """A CREATE INDEX."""

    relation: Relation
    columns: tuple[str, ...]
    """The columns; an empty text stands for an expression."""
    unique: bool
    partial: bool
    """It has a WHERE."""
    only: bool = False
    """On a partitioned table alone, not on its partitions: ON ONLY."""


class DropStatement(NamedTuple):
    """A DROP of objects other than roles, databases, tablespaces, subscriptions and user mappings."""

    kind: str
    """`TABLE`"""
    names: tuple[str, ...]
    """With the schema where the SQL names it; `table.name` for a trigger, policy or rule."""
    if_exists: bool
    cascade: bool = False


class Rename(NamedTuple):
    """A RENAME, or a SET SCHEMA."""

    kind: str
    """`TABLE`, or `COLUMN` for a part of one."""
    relation: Relation | None
    """The relation that is renamed, or whose part is; None for other objects."""
    to: str
    set_schema: bool
    """`to` is a schema: ALTER … SET SCHEMA."""


class CommentOn(NamedTuple):
    """A COMMENT ON."""

    kind: str
    """`TABLE`"""
    names: tuple[str, ...]
    """The parts of the object's name."""
    text: str
    """Empty for NULL."""


class Alteration(NamedTuple):
    """One command of an ALTER TABLE, or of an ALTER of another relation that takes the same commands."""

    words: str
    """`ADD COLUMN`, `DROP CONSTRAINT`"""
    name: str
    """The column or constraint that it names; empty where it names none."""
    guarded: bool
    """It says IF EXISTS or IF NOT EXISTS."""


class Setting(NamedTuple):
    """A SET of a parameter."""

    name: str
    values: tuple[str, ...]
    """The values that are texts; empty for DEFAULT."""


_CREATES = ("CREATE ", "SELECT INTO")


def created(statement: Statement) -> Created | None:
    """The object that a statement creates: the one reader of CREATE, for all kinds of objects."""
    if not statement.tag.startswith(_CREATES):
        return None
    range_var = range_var_created(statement)
    tree = parse_tree(statement)
    if range_var is not None:
        relation = relation_of(range_var)
        schema, name, temporary = relation
        kind = "TABLE" if statement.tag in {"CREATE TABLE AS", "SELECT INTO"} else _kind(statement)
        owner = tree.base_stmt if statement.tag == "CREATE FOREIGN TABLE" else tree
        return Created(kind, schema, name, bool(getattr(owner, "if_not_exists", False)), temporary)
    name_parts = _CREATED.get(node_name(statement))
    if name_parts is None:
        return None
    *schemas, name = name_parts(tree) or [""]
    schema = schemas[-1] if schemas else ""
    return Created(_kind(statement), schema, name, bool(getattr(tree, "if_not_exists", False)))


def _kind(statement: Statement) -> str:
    return statement.tag.removeprefix("CREATE ")


_CREATED: dict[str, Callable[[Any], Sequence[str]]] = {
    "CompositeTypeStmt": lambda tree: [tree.typevar.schemaname, tree.typevar.relname],
    "CreateDomainStmt": lambda tree: strings(tree.domainname),
    "CreateEnumStmt": lambda tree: strings(tree.type_name),
    "CreateEventTrigStmt": lambda tree: [tree.trigname],
    "CreateExtensionStmt": lambda tree: [tree.extname],
    "CreateForeignServerStmt": lambda tree: [tree.servername],
    "CreateFunctionStmt": lambda tree: strings(tree.funcname),
    "CreatePLangStmt": lambda tree: [tree.plname],
    "CreatePolicyStmt": lambda tree: [tree.policy_name],
    "CreatePublicationStmt": lambda tree: [tree.pubname],
    "CreateRangeStmt": lambda tree: strings(tree.type_name),
    "CreateRoleStmt": lambda tree: [tree.role],
    "CreateSchemaStmt": lambda tree: [tree.schemaname or tree.authrole.rolename],
    "CreateStatsStmt": lambda tree: strings(tree.defnames),
    "CreateSubscriptionStmt": lambda tree: [tree.subname],
    "CreateTableSpaceStmt": lambda tree: [tree.tablespacename],
    "CreateTrigStmt": lambda tree: [tree.trigname],
    "CreatedbStmt": lambda tree: [tree.dbname],
    "DefineStmt": lambda tree: strings(tree.defnames),
    "IndexStmt": lambda tree: [tree.relation.schemaname, tree.idxname],
    "RuleStmt": lambda tree: [tree.rulename],
}


def range_var_created(statement: Statement) -> Any:
    """The relation (a RangeVar) that a statement creates, an index apart; or None."""
    range_var = _RANGE_VARS.get(node_name(statement)) if statement.tag.startswith(_CREATES) else None
    return range_var(parse_tree(statement)) if range_var else None


_RANGE_VARS: dict[str, Callable[[Any], Any]] = {
    "CreateForeignTableStmt": lambda tree: tree.base_stmt.relation,
    "CreateSeqStmt": lambda tree: tree.sequence,
    "CreateStmt": lambda tree: tree.relation,
    "CreateTableAsStmt": lambda tree: tree.into.rel,
    "SelectStmt": lambda tree: tree.into_clause.rel if tree.HasField("into_clause") else None,
    "ViewStmt": lambda tree: tree.view,
}


def relation_of(range_var: Any) -> Relation:
    """The relation that a RangeVar names."""
    temporary = bool(range_var.relpersistence == "t" or range_var.schemaname == "pg_temp")
    return Relation(range_var.schemaname, range_var.relname, temporary)


def relation(statement: Statement) -> Relation | None:
    """The relation that a statement alters or renames, or creates an index, a trigger, a rule or a policy on."""
    field = _ABOUT.get(node_name(statement)) if statement.tag.startswith(("ALTER ", "CREATE ")) else None
    if field is None:
        return None
    tree = parse_tree(statement)
    return relation_of(getattr(tree, field)) if tree.HasField(field) else None


_ABOUT = {
    "AlterObjectSchemaStmt": "relation",
    "AlterTableStmt": "relation",
    "CreatePolicyStmt": "table",
    "CreateTrigStmt": "relation",
    "IndexStmt": "relation",
    "RenameStmt": "relation",
    "RuleStmt": "relation",
}


def parents(statement: Statement) -> tuple[Relation, ...]:
    """The tables that a new table inherits from, or is a partition of."""
    nodes = parse_tree(statement).inh_relations if statement.tag == "CREATE TABLE" else ()
    return tuple(relation_of(parent.range_var) for parent in nodes)


def with_objects(statement: Statement) -> bool:
    """Whether a statement is a CREATE SCHEMA with objects in it."""
    return statement.tag == "CREATE SCHEMA" and bool(parse_tree(statement).schema_elts)


def extension(statement: Statement) -> Extension | None:
    """The CREATE EXTENSION of a statement."""
    if statement.tag != "CREATE EXTENSION":
        return None
    tree = parse_tree(statement)
    options = {option.def_elem.defname: option.def_elem.arg.string.sval for option in tree.options}
    return Extension(
        tree.extname, options.get("schema"), options.get("new_version"), tree.if_not_exists, "cascade" in options
    )


def index(statement: Statement) -> Index | None:
    """The CREATE INDEX of a statement."""
    if statement.tag != "CREATE INDEX":
        return None
    tree = parse_tree(statement)
    columns = tuple(element.index_elem.name for element in tree.index_params)
    return Index(relation_of(tree.relation), columns, tree.unique, tree.HasField("where_clause"), not tree.relation.inh)


def dropped(statement: Statement) -> DropStatement | None:
    """The DROP of a statement."""
    if not statement.tag.startswith("DROP ") or node_name(statement) != "DropStmt":
        return None
    tree = parse_tree(statement)
    names = tuple(".".join(strings(name)) for name in tree.objects)
    cascade = enum(tree, "behavior") == "DROP_CASCADE"
    return DropStatement(object_words(enum(tree, "remove_type")), names, tree.missing_ok, cascade)


def renamed(statement: Statement) -> Rename | None:
    """The RENAME or SET SCHEMA of a statement."""
    if not statement.tag.startswith("ALTER "):
        return None
    tree = parse_tree(statement)
    match node_name(statement):
        case "RenameStmt":
            return Rename(object_words(enum(tree, "rename_type")), relation(statement), tree.newname, set_schema=False)
        case "AlterObjectSchemaStmt":
            words = object_words(enum(tree, "object_type"))
            return Rename(words, relation(statement), tree.newschema, set_schema=True)
    return None


def roles_named(statement: Statement) -> list[str]:
    """The roles that a statement names, in the order of its parse tree."""
    if not (tree := parse_tree(statement)):
        return []
    return [node.rolename for node in walk(tree) if node.DESCRIPTOR.name == "RoleSpec" and node.rolename]


def is_alter_table(statement: Statement) -> bool:
    """Whether it is an ALTER TABLE, or one of an index, a view or the like that has its commands."""
    return statement.tag.startswith("ALTER ") and node_name(statement) == "AlterTableStmt"


def alterations(statement: Statement) -> tuple[Alteration, ...]:
    """The commands of an ALTER TABLE in order; none for any other statement. `commands` gives their offsets."""
    if not is_alter_table(statement):
        return ()
    commands = (node.alter_table_cmd for node in parse_tree(statement).cmds)
    return tuple(
        Alteration(
            command_words(enum(command, "subtype")),
            command.name or getattr(command, "def").column_def.colname or getattr(command, "def").constraint.conname,
            command.missing_ok,
        )
        for command in commands
    )


def comment_on(statement: Statement) -> CommentOn | None:
    """The COMMENT ON of a statement."""
    if statement.tag != "COMMENT":
        return None
    tree = parse_tree(statement)
    return CommentOn(object_words(enum(tree, "objtype")), tuple(strings(tree.object)), tree.comment)


def setting(statement: Statement) -> Setting | None:
    """The SET or RESET of a statement."""
    if statement.tag not in {"SET", "RESET"}:
        return None
    tree = parse_tree(statement)
    return Setting(tree.name, tuple(value.a_const.sval.sval for value in tree.args))


def procedure_called(statement: Statement) -> str:
    """The procedure that a CALL calls, as `schema.name` where the statement names the schema; empty for any other."""
    return ".".join(strings(parse_tree(statement).funccall.funcname)) if statement.tag == "CALL" else ""


def functions_called(statement: Statement) -> frozenset[str]:
    """The bare names of the functions that a statement calls, without those called in its bodies."""
    if not statement.tag:
        return frozenset()
    nodes = walk(parse_tree(statement))
    return frozenset(strings(node.funcname)[-1] for node in nodes if node.DESCRIPTOR.name == "FuncCall")
