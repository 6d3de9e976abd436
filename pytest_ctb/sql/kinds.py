"""The kind of a statement in the words of SQL: `CREATE TABLE AS`, `ALTER TABLE SET TABLESPACE`, `TRUNCATE`.

The words come from the names of nodes, commands and objects in the grammar, so a new version adds its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

from pytest_ctb.model import Position, Statement
from pytest_ctb.sql.tags import object_words, tag_of
from pytest_ctb.sql.tokens import commands, position_at
from pytest_ctb.sql.tree import enum, node_name, parse_tree

_grammar: Any = import_module("postgast.pg_query_pb2")  # its stub is no valid Python: mypy stops at it
_NODES = {
    "AlterDatabaseRefreshCollStmt": "ALTER DATABASE REFRESH COLLATION VERSION",
    "AlterDatabaseSetStmt": "ALTER DATABASE SET",
    "AlterEnumStmt": "ALTER TYPE ADD VALUE",
    "AlterExtensionContentsStmt": "ALTER EXTENSION CONTENTS",
    "AlterRoleSetStmt": "ALTER ROLE SET",
    "LockStmt": "LOCK",
    "TruncateStmt": "TRUNCATE",
    "VariableSetStmt": "SET",
}
"""The kind of nodes for which it is not the command tag."""
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
    "DropStmt": ("DROP", "remove_type", ""),
    "CommentStmt": ("COMMENT ON", "objtype", ""),
    "DefineStmt": ("CREATE", "kind", ""),
    "RenameStmt": ("ALTER", "rename_type", "RENAME"),
    "AlterObjectSchemaStmt": ("ALTER", "object_type", "SET SCHEMA"),
    "AlterOwnerStmt": ("ALTER", "object_type", "OWNER TO"),
}
_SHOWN_WITH_CASCADE = {"DropStmt", "TruncateStmt"}


def kinds(statement: Statement) -> Iterator[tuple[str, Position]]:
    """The kinds of a statement, each with its position: an ALTER TABLE has one for each command."""
    body, position = parse_tree(statement), statement.position
    match node_name(statement):
        case "":
            return
        case "AlterTableStmt":
            of = object_words(enum(body, "objtype"))
            starts = commands(statement)
            for index, cmd in enumerate(body.cmds):
                at = position_at(statement, starts[index]) if index < len(starts) else position
                yield f"ALTER {of} {command_words(enum(cmd.alter_table_cmd, 'subtype'))}", at
        case "CreateTableAsStmt" | "SelectStmt" | "CreateFunctionStmt":
            yield statement.tag, position
        case "IndexStmt":
            yield "CREATE INDEX CONCURRENTLY" if body.concurrent else "CREATE INDEX", position
        case "GrantStmt" | "GrantRoleStmt":
            yield "GRANT" if body.is_grant else "REVOKE", position
        case "VacuumStmt":
            full = any(option.def_elem.defname == "full" for option in body.options)
            yield ("VACUUM FULL" if full else "VACUUM") if body.is_vacuumcmd else "ANALYZE", position
        case "TransactionStmt":
            yield _transaction(enum(body, "kind")), position
        case kind:
            yield f"{_words(kind, body)}{_cascade(kind, body)}", position


def _words(kind: str, body: Any) -> str:
    if kind not in _OF_AN_OBJECT:
        return _node(kind)
    verb, field, more = _OF_AN_OBJECT[kind]
    if kind == "RenameStmt" and enum(body, field) == "OBJECT_COLUMN":
        return f"ALTER {object_words(enum(body, 'relation_type'))} RENAME COLUMN"
    return f"{verb} {object_words(enum(body, field))} {more}".rstrip()


def _cascade(kind: str, body: Any) -> str:
    return " CASCADE" if kind in _SHOWN_WITH_CASCADE and enum(body, "behavior") == "DROP_CASCADE" else ""


def pattern(words: str) -> re.Pattern[str]:
    """A pattern for the kinds that start with these words; `…` or `...` stands for any words in between."""
    parts = [
        r"(?:\S+ )*" if part in {"…", "..."} else re.escape(part) + r"(?: |$)"
        for part in words.replace("…", " … ").replace("...", " ... ").upper().split()
    ]
    return re.compile("".join(parts))


@cache
def all_kinds() -> frozenset[str]:
    """All kinds of statement."""
    nodes = [field.message_type.name for field in _grammar.Node.DESCRIPTOR.fields if field.name.endswith("_stmt")]
    words = {_node(name) for name in nodes if name not in _OF_AN_OBJECT}
    objects = [object_words(name) for name in _grammar.ObjectType.DESCRIPTOR.values_by_name]
    words |= {f"{verb} {of} {more}".rstrip() for verb, _, more in _OF_AN_OBJECT.values() for of in objects}
    words |= {f"DROP {of} CASCADE" for of in objects}
    subtypes = [command_words(name) for name in _grammar.AlterTableType.DESCRIPTOR.values_by_name]
    tables = ("TABLE", "INDEX", "VIEW", "MATERIALIZED VIEW", "SEQUENCE", "FOREIGN TABLE", "TYPE")
    words |= {f"ALTER {of} {command}" for of in tables for command in subtypes}
    words |= {f"ALTER {of} RENAME COLUMN" for of in tables}
    transactions = _grammar.TransactionStmtKind.DESCRIPTOR.values_by_name
    words |= {_transaction(name) for name in transactions}
    return frozenset(words) | {
        "ANALYZE", "CREATE INDEX CONCURRENTLY", "CREATE MATERIALIZED VIEW", "CREATE PROCEDURE", "CREATE TABLE AS",
        "REVOKE", "SELECT INTO", "TRUNCATE CASCADE", "VACUUM FULL",
    }  # fmt: skip


def _transaction(name: str) -> str:
    return name.removeprefix("TRANS_STMT_").replace("_", " ")


def _node(name: str) -> str:
    return _NODES.get(name) or tag_of(name)


def command_words(name: str) -> str:
    """The words of SQL for a value of Postgres's AlterTableType: `ADD COLUMN` for `AT_AddColumn`."""
    bare = name.removeprefix("AT_")
    return _COMMANDS.get(bare) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", bare).upper()
