"""What kinds of statement there are, in the words of SQL: `CREATE TABLE AS`, `ALTER TABLE SET TABLESPACE`, `TRUNCATE`.

The words come from the grammar's own names of its nodes, commands and objects, so a new version brings its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from pytest_ctb.model import Position, Statement
from pytest_ctb.sql.forms import WORDS
from pytest_ctb.sql.parser import enum
from pytest_ctb.sql.tokens import commands, place

_grammar: Any = import_module("postgast.pg_query_pb2")  # its stub is no valid Python: mypy stops at it
_NODES = {
    "check_point_stmt": "CHECKPOINT",
    "composite_type_stmt": "CREATE TYPE",
    "constraints_set_stmt": "SET CONSTRAINTS",
    "create_am_stmt": "CREATE ACCESS METHOD",
    "create_enum_stmt": "CREATE TYPE",
    "create_event_trig_stmt": "CREATE EVENT TRIGGER",
    "create_fdw_stmt": "CREATE FOREIGN DATA WRAPPER",
    "create_foreign_server_stmt": "CREATE SERVER",
    "create_op_class_stmt": "CREATE OPERATOR CLASS",
    "create_op_family_stmt": "CREATE OPERATOR FAMILY",
    "create_plang_stmt": "CREATE LANGUAGE",
    "create_range_stmt": "CREATE TYPE",
    "create_seq_stmt": "CREATE SEQUENCE",
    "create_stats_stmt": "CREATE STATISTICS",
    "create_stmt": "CREATE TABLE",
    "create_table_space_stmt": "CREATE TABLESPACE",
    "create_trig_stmt": "CREATE TRIGGER",
    "createdb_stmt": "CREATE DATABASE",
    "drop_table_space_stmt": "DROP TABLESPACE",
    "dropdb_stmt": "DROP DATABASE",
    "alter_enum_stmt": "ALTER TYPE ADD VALUE",
    "alter_event_trig_stmt": "ALTER EVENT TRIGGER",
    "alter_fdw_stmt": "ALTER FOREIGN DATA WRAPPER",
    "alter_foreign_server_stmt": "ALTER SERVER",
    "alter_op_family_stmt": "ALTER OPERATOR FAMILY",
    "alter_role_set_stmt": "ALTER ROLE SET",
    "alter_database_set_stmt": "ALTER DATABASE SET",
    "alter_seq_stmt": "ALTER SEQUENCE",
    "alter_stats_stmt": "ALTER STATISTICS",
    "index_stmt": "CREATE INDEX",
    "refresh_mat_view_stmt": "REFRESH MATERIALIZED VIEW",
    "rule_stmt": "CREATE RULE",
    "sec_label_stmt": "SECURITY LABEL",
    "variable_set_stmt": "SET",
    "variable_show_stmt": "SHOW",
    "view_stmt": "CREATE VIEW",
}
_COMMANDS = {
    "ColumnDefault": "ALTER COLUMN SET DEFAULT",
    "DropNotNull": "ALTER COLUMN DROP NOT NULL",
    "SetNotNull": "ALTER COLUMN SET NOT NULL",
    "SetTableSpace": "SET TABLESPACE",
    "SetUnLogged": "SET UNLOGGED",
    "AddIndexConstraint": "ADD CONSTRAINT USING INDEX",
    "ChangeOwner": "OWNER TO",
    "AddInherit": "INHERIT",
    "DropInherit": "NO INHERIT",
    "EnableTrig": "ENABLE TRIGGER",
    "DisableTrig": "DISABLE TRIGGER",
    "DisableTrigAll": "DISABLE TRIGGER ALL",
    "DisableTrigUser": "DISABLE TRIGGER USER",
    "EnableRowSecurity": "ENABLE ROW LEVEL SECURITY",
    "DisableRowSecurity": "DISABLE ROW LEVEL SECURITY",
    "ForceRowSecurity": "FORCE ROW LEVEL SECURITY",
    "NoForceRowSecurity": "NO FORCE ROW LEVEL SECURITY",
}
_OF_AN_OBJECT = {
    "drop_stmt": ("DROP", "remove_type", ""),
    "comment_stmt": ("COMMENT ON", "objtype", ""),
    "define_stmt": ("CREATE", "kind", ""),
    "rename_stmt": ("ALTER", "rename_type", "RENAME"),
    "alter_object_schema_stmt": ("ALTER", "object_type", "SET SCHEMA"),
    "alter_owner_stmt": ("ALTER", "object_type", "OWNER TO"),
}
_SHOWN_WITH_CASCADE = {"drop_stmt", "truncate_stmt"}


def kinds(statement: Statement) -> Iterator[tuple[str, Position]]:
    """The kinds that a statement is of, and where: an ALTER TABLE is of as many as it has commands."""
    body, here = statement.body, statement.position
    match statement.kind:
        case "":
            return
        case "alter_table_stmt":
            of = _object(enum(body, "objtype"))
            starts = commands(statement)
            for index, cmd in enumerate(body.cmds):
                at = place(statement, starts[index]) if index < len(starts) else here
                yield f"ALTER {of} {_command(enum(cmd.alter_table_cmd, 'subtype'))}", at
        case "create_table_as_stmt":
            view = enum(body, "objtype") == "OBJECT_MATVIEW"
            yield "CREATE MATERIALIZED VIEW" if view else "CREATE TABLE AS", here
        case "select_stmt":
            yield "SELECT INTO" if body.HasField("into_clause") else "SELECT", here
        case "index_stmt":
            yield "CREATE INDEX CONCURRENTLY" if body.concurrent else "CREATE INDEX", here
        case "create_function_stmt":
            yield "CREATE PROCEDURE" if body.is_procedure else "CREATE FUNCTION", here
        case "grant_stmt" | "grant_role_stmt":
            yield "GRANT" if body.is_grant else "REVOKE", here
        case "vacuum_stmt":
            full = any(one.def_elem.defname == "full" for one in body.options)
            yield ("VACUUM FULL" if full else "VACUUM") if body.is_vacuumcmd else "ANALYZE", here
        case "transaction_stmt":
            yield enum(body, "kind").removeprefix("TRANS_STMT_").replace("_", " "), here
        case kind:
            yield f"{_words(kind, body)}{_cascade(kind, body)}", here


def _words(kind: str, body: Any) -> str:
    if kind not in _OF_AN_OBJECT:
        return _node(kind)
    verb, field, more = _OF_AN_OBJECT[kind]
    if kind == "rename_stmt" and enum(body, field) == "OBJECT_COLUMN":
        return f"ALTER {_object(enum(body, 'relation_type'))} RENAME COLUMN"
    return f"{verb} {_object(enum(body, field))} {more}".rstrip()


def _cascade(kind: str, body: Any) -> str:
    return " CASCADE" if kind in _SHOWN_WITH_CASCADE and enum(body, "behavior") == "DROP_CASCADE" else ""


def pattern(words: str) -> re.Pattern[str]:
    """The kinds that words mean: those that start with them; `…` or `...` stands for any words between."""
    parts = [
        r"(?:\S+ )*" if part in {"…", "..."} else re.escape(part) + r"(?: |$)"
        for part in words.replace("…", " … ").replace("...", " ... ").upper().split()
    ]
    return re.compile("".join(parts))


@cache
def every_kind() -> frozenset[str]:
    """All kinds that a statement can be of."""
    nodes = [one.name for one in _grammar.Node.DESCRIPTOR.fields if one.name.endswith("_stmt")]
    found = {_node(one) for one in nodes if one not in _OF_AN_OBJECT}
    objects = [_object(one) for one in _grammar.ObjectType.DESCRIPTOR.values_by_name]
    found |= {f"{verb} {of} {more}".rstrip() for verb, _, more in _OF_AN_OBJECT.values() for of in objects}
    found |= {f"DROP {of} CASCADE" for of in objects}
    subtypes = [_command(one) for one in _grammar.AlterTableType.DESCRIPTOR.values_by_name]
    tables = ("TABLE", "INDEX", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FOREIGN TABLE", "TYPE")
    found |= {f"ALTER {of} {command}" for of in tables for command in subtypes}
    found |= {f"ALTER {of} RENAME COLUMN" for of in tables}
    transactions = _grammar.TransactionStmtKind.DESCRIPTOR.values_by_name
    found |= {one.removeprefix("TRANS_STMT_").replace("_", " ") for one in transactions}
    return frozenset(found) | {
        "ANALYZE", "CREATE INDEX CONCURRENTLY", "CREATE MATERIALIZED VIEW", "CREATE PROCEDURE", "CREATE TABLE AS",
        "REVOKE", "SELECT INTO", "TRUNCATE CASCADE", "VACUUM FULL",
    }  # fmt: skip


def _node(name: str) -> str:
    return _NODES.get(name) or name.removesuffix("_stmt").replace("_", " ").upper()


def _object(name: str) -> str:
    bare = name.removeprefix("OBJECT_")
    return WORDS.get(bare) or {"TABCONSTRAINT": "CONSTRAINT"}.get(bare) or bare.replace("_", " ")


def _command(name: str) -> str:
    bare = name.removeprefix("AT_")
    return _COMMANDS.get(bare) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare).upper()
