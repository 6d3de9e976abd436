"""The table of statements that have an IF [NOT] EXISTS or OR REPLACE form, in Postgres 14 to 18 (manual, part VI).

`guards` compares statements with this table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from pytest_ctb.sql.parser import as_sql
from pytest_ctb.sql.tree import enum, name_of, strings

IF_NOT_EXISTS = "IF NOT EXISTS"
IF_EXISTS = "IF EXISTS"
OR_REPLACE = "OR REPLACE"


class Form(NamedTuple):
    """The guard of one kind of statement, and where its parse tree shows it."""

    words: str
    guard: str
    flag: str
    """The field of the node that is true for a statement with the guard."""
    name: Callable[[Any], str]
    when: Callable[[Any], bool] = lambda _: True
    adding: Callable[[Any], str] = lambda _: ""
    """The words that must follow the guard: a name, where Postgres would generate one."""
    instead: Callable[[Any], str] = lambda _: ""
    """A statement to use instead, where the guard cannot be inserted; empty where it can."""


def _dotted(field: str) -> Callable[[Any], str]:
    return lambda body: ".".join(strings(getattr(body, field)))


def _relation(field: str) -> Callable[[Any], str]:
    return lambda body: name_of(getattr(body, field))


def _text(field: str) -> Callable[[Any], str]:
    return lambda body: str(getattr(body, field))


def _is(field: str, value: str) -> Callable[[Any], bool]:
    return lambda body: enum(body, field) == value


def _mapping(body: Any) -> str:
    user = body.user.rolename or enum(body.user, "roletype").removeprefix("ROLESPEC_")
    return f"FOR {user} SERVER {body.servername}"


def _index(body: Any) -> str:
    name = f"{body.relation.schemaname}.{body.idxname}" if body.relation.schemaname else str(body.idxname)
    return name if body.idxname else f"on {name_of(body.relation)} (it needs a name first)"


def _index_name(body: Any) -> str:
    """The name that Postgres would generate."""
    columns = [element.index_elem.name or "expr" for element in body.index_params]
    return "" if body.idxname else " " + as_sql("_".join([body.relation.relname, *columns, "idx"]))


def _statistics_name(body: Any) -> str:
    columns = [element.stats_elem.name or "expr" for element in body.exprs]
    return "" if body.defnames else " " + as_sql("_".join([body.relations[0].range_var.relname, *columns, "stat"]))


def _schema(body: Any) -> str:
    return str(body.schemaname or body.authrole.rolename)


def _bare_schema(body: Any) -> str:
    """CREATE SCHEMA without its objects: with objects Postgres accepts no IF NOT EXISTS."""
    name = as_sql(_schema(body))
    objects = f"-- each of its objects in a statement of its own, as {name}.…"
    return f"CREATE SCHEMA IF NOT EXISTS {name};\n{objects}" if body.schema_elts else ""


def _on(field: str) -> Callable[[Any], str]:
    return lambda body: f"{name_of(body.relation)}.{getattr(body, field)}"


_ROUTINE = _dotted("funcname")
FORMS: dict[str, tuple[Form, ...]] = {
    "CreateStmt": (Form("CREATE TABLE", IF_NOT_EXISTS, "if_not_exists", _relation("relation")),),
    "CreateForeignTableStmt": (
        Form("CREATE FOREIGN TABLE", IF_NOT_EXISTS, "base_stmt.if_not_exists", lambda b: name_of(b.base_stmt.relation)),
    ),
    "CreateTableAsStmt": (
        Form(
            "CREATE MATERIALIZED VIEW",
            IF_NOT_EXISTS,
            "if_not_exists",
            lambda b: name_of(b.into.rel),
            when=_is("objtype", "OBJECT_MATVIEW"),
        ),
        Form(
            "CREATE TABLE",
            IF_NOT_EXISTS,
            "if_not_exists",
            lambda b: name_of(b.into.rel),
            when=_is("objtype", "OBJECT_TABLE"),
        ),
    ),
    "CreateSeqStmt": (Form("CREATE SEQUENCE", IF_NOT_EXISTS, "if_not_exists", _relation("sequence")),),
    "CreateSchemaStmt": (
        Form(
            "CREATE SCHEMA",
            IF_NOT_EXISTS,
            "if_not_exists",
            _schema,
            instead=_bare_schema,
        ),
    ),
    "IndexStmt": (Form("CREATE INDEX", IF_NOT_EXISTS, "if_not_exists", _index, adding=_index_name),),
    "CreateExtensionStmt": (
        Form(
            "CREATE EXTENSION",
            IF_NOT_EXISTS,
            "if_not_exists",
            _text("extname"),
            # CREATE LANGUAGE without a handler is this node as well.
            instead=lambda b: f"CREATE EXTENSION IF NOT EXISTS {as_sql(b.extname)};",
        ),
    ),
    "CreateStatsStmt": (
        Form(
            "CREATE STATISTICS",
            IF_NOT_EXISTS,
            "if_not_exists",
            lambda b: ".".join(strings(b.defnames)) or "(it needs a name first)",
            adding=_statistics_name,
        ),
    ),
    "CreateForeignServerStmt": (Form("CREATE SERVER", IF_NOT_EXISTS, "if_not_exists", _text("servername")),),
    "CreateUserMappingStmt": (Form("CREATE USER MAPPING", IF_NOT_EXISTS, "if_not_exists", _mapping),),
    "DefineStmt": (
        Form(
            "CREATE COLLATION",
            IF_NOT_EXISTS,
            "if_not_exists",
            _dotted("defnames"),
            when=_is("kind", "OBJECT_COLLATION"),
        ),
        Form("CREATE AGGREGATE", OR_REPLACE, "replace", _dotted("defnames"), when=_is("kind", "OBJECT_AGGREGATE")),
    ),
    "CreateFunctionStmt": (
        Form("CREATE PROCEDURE", OR_REPLACE, "replace", _ROUTINE, when=lambda b: b.is_procedure),
        Form("CREATE FUNCTION", OR_REPLACE, "replace", _ROUTINE, when=lambda b: not b.is_procedure),
    ),
    "ViewStmt": (Form("CREATE VIEW", OR_REPLACE, "replace", _relation("view")),),
    "RuleStmt": (Form("CREATE RULE", OR_REPLACE, "replace", _on("rulename")),),
    # A constraint trigger cannot be replaced.
    "CreateTrigStmt": (
        Form("CREATE TRIGGER", OR_REPLACE, "replace", _on("trigname"), when=lambda b: not b.isconstraint),
    ),
    "CreatePLangStmt": (Form("CREATE LANGUAGE", OR_REPLACE, "replace", _text("plname")),),
    "CreateTransformStmt": (
        Form("CREATE TRANSFORM", OR_REPLACE, "replace", lambda b: f"FOR {'.'.join(strings(b.type_name))}"),
    ),
    "AlterEnumStmt": (
        Form(
            "ADD VALUE",
            IF_NOT_EXISTS,
            "skip_if_new_val_exists",
            lambda b: f"{b.new_val!r} to {'.'.join(strings(b.type_name))}",
            when=lambda b: bool(b.new_val) and not b.old_val,
        ),
    ),
    "AlterDomainStmt": (
        Form("DROP CONSTRAINT", IF_EXISTS, "missing_ok", _text("name"), when=lambda b: b.subtype == "X"),
    ),
    "AlterTSConfigurationStmt": (
        Form(
            "DROP MAPPING",
            IF_EXISTS,
            "missing_ok",
            lambda b: f"of {'.'.join(strings(b.cfgname))}",
            when=_is("kind", "ALTER_TSCONFIG_DROP_MAPPING"),
        ),
    ),
    "DropRoleStmt": (
        Form("DROP ROLE", IF_EXISTS, "missing_ok", lambda b: ", ".join(role.role_spec.rolename for role in b.roles)),
    ),
    "DropdbStmt": (Form("DROP DATABASE", IF_EXISTS, "missing_ok", _text("dbname")),),
    "DropTableSpaceStmt": (Form("DROP TABLESPACE", IF_EXISTS, "missing_ok", _text("tablespacename")),),
    "DropSubscriptionStmt": (Form("DROP SUBSCRIPTION", IF_EXISTS, "missing_ok", _text("subname")),),
    "DropUserMappingStmt": (Form("DROP USER MAPPING", IF_EXISTS, "missing_ok", _mapping),),
}
COMMANDS = {
    "AT_AddColumn": ("ADD", "COLUMN", IF_NOT_EXISTS),
    "AT_DropColumn": ("DROP", "COLUMN", IF_EXISTS),
    "AT_DropConstraint": ("DROP", "CONSTRAINT", IF_EXISTS),
    "AT_DropIdentity": ("DROP", "IDENTITY", IF_EXISTS),
    "AT_DropExpression": ("DROP", "EXPRESSION", IF_EXISTS),
}
RELATIONS = {
    "OBJECT_TABLE": "TABLE",
    "OBJECT_VIEW": "VIEW",
    "OBJECT_MATVIEW": "MATERIALIZED VIEW",
    "OBJECT_INDEX": "INDEX",
    "OBJECT_SEQUENCE": "SEQUENCE",
    "OBJECT_FOREIGN_TABLE": "FOREIGN TABLE",
}
