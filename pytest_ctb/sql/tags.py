"""Command tags: what the server calls a statement when it reports what it has done, or tells an event trigger.

Most are the words of the node's own name. The others follow `CreateCommandTag` (src/backend/tcop/utility.c); an INTO
makes `SELECT INTO`, as for event triggers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from pytest_ctb.model import Control, TransactionCommand
from pytest_ctb.sql.tree import enum

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TAGS = {
    "AlterDatabaseRefreshCollStmt": "ALTER DATABASE",
    "AlterDatabaseSetStmt": "ALTER DATABASE",
    "AlterEnumStmt": "ALTER TYPE",
    "AlterEventTrigStmt": "ALTER EVENT TRIGGER",
    "AlterExtensionContentsStmt": "ALTER EXTENSION",
    "AlterFdwStmt": "ALTER FOREIGN DATA WRAPPER",
    "AlterForeignServerStmt": "ALTER SERVER",
    "AlterOpFamilyStmt": "ALTER OPERATOR FAMILY",
    "AlterRoleSetStmt": "ALTER ROLE",
    "AlterSeqStmt": "ALTER SEQUENCE",
    "AlterStatsStmt": "ALTER STATISTICS",
    "AlterTSConfigurationStmt": "ALTER TEXT SEARCH CONFIGURATION",
    "AlterTSDictionaryStmt": "ALTER TEXT SEARCH DICTIONARY",
    "AlterTableSpaceOptionsStmt": "ALTER TABLESPACE",
    "CheckPointStmt": "CHECKPOINT",
    "CompositeTypeStmt": "CREATE TYPE",
    "ConstraintsSetStmt": "SET CONSTRAINTS",
    "CreateAmStmt": "CREATE ACCESS METHOD",
    "CreateEnumStmt": "CREATE TYPE",
    "CreateEventTrigStmt": "CREATE EVENT TRIGGER",
    "CreateFdwStmt": "CREATE FOREIGN DATA WRAPPER",
    "CreateForeignServerStmt": "CREATE SERVER",
    "CreateOpClassStmt": "CREATE OPERATOR CLASS",
    "CreateOpFamilyStmt": "CREATE OPERATOR FAMILY",
    "CreatePLangStmt": "CREATE LANGUAGE",
    "CreateRangeStmt": "CREATE TYPE",
    "CreateSeqStmt": "CREATE SEQUENCE",
    "CreateStatsStmt": "CREATE STATISTICS",
    "CreateStmt": "CREATE TABLE",
    "CreateTableSpaceStmt": "CREATE TABLESPACE",
    "CreateTrigStmt": "CREATE TRIGGER",
    "CreatedbStmt": "CREATE DATABASE",
    "DropTableSpaceStmt": "DROP TABLESPACE",
    "DropdbStmt": "DROP DATABASE",
    "IndexStmt": "CREATE INDEX",
    "LockStmt": "LOCK TABLE",
    "PLAssignStmt": "SELECT",
    "RefreshMatViewStmt": "REFRESH MATERIALIZED VIEW",
    "RuleStmt": "CREATE RULE",
    "SecLabelStmt": "SECURITY LABEL",
    "TruncateStmt": "TRUNCATE TABLE",
    "VariableShowStmt": "SHOW",
    "ViewStmt": "CREATE VIEW",
}
_OBJECTS = {
    "FDW": "FOREIGN DATA WRAPPER",
    "FOREIGN_SERVER": "SERVER",
    "LARGEOBJECT": "LARGE OBJECT",
    "MATVIEW": "MATERIALIZED VIEW",
    "OPCLASS": "OPERATOR CLASS",
    "OPFAMILY": "OPERATOR FAMILY",
    "STATISTIC_EXT": "STATISTICS",
    "TABCONSTRAINT": "CONSTRAINT",
    "TSCONFIGURATION": "TEXT SEARCH CONFIGURATION",
    "TSDICTIONARY": "TEXT SEARCH DICTIONARY",
    "TSPARSER": "TEXT SEARCH PARSER",
    "TSTEMPLATE": "TEXT SEARCH TEMPLATE",
}
"""The words of an object, where those of Postgres's enumeration are others."""
_OF = {"ATTRIBUTE": "TYPE", "COLUMN": "TABLE", "CONSTRAINT": "TABLE", "DOMCONSTRAINT": "DOMAIN"}
"""What a part belongs to, which the tag names in its place."""


def object_words(name: str) -> str:
    """The words of SQL for a value of Postgres's ObjectType: `MATERIALIZED VIEW` for `OBJECT_MATVIEW`."""
    bare = name.removeprefix("OBJECT_")
    return _OBJECTS.get(bare) or bare.replace("_", " ")


def words_of(node: str) -> str:
    """The words of a node's name: `CREATE FOREIGN TABLE` of `CreateForeignTableStmt`."""
    return _WORD.sub(" ", node.removesuffix("Stmt")).upper()


@cache
def tag_of(node: str) -> str:
    """The tag of all statements of one node, by its name; where the node alone does not decide, the words of its name.

    See `command_tag`.
    """
    return _TAGS.get(node) or words_of(node)


def command_tag(tree: Any) -> str:
    """The tag of a statement, by its node."""
    name = tree.DESCRIPTOR.name
    special = _SPECIAL.get(name)
    return special(tree) if special else tag_of(name)


def control(tree: Any) -> Control | None:
    """What a statement does with its transaction, by its node; None of any but a transaction command."""
    if tree.DESCRIPTOR.name != "TransactionStmt":
        return None
    return Control(_COMMANDS[enum(tree, "kind")], tree.savepoint_name, tree.chain)


def _object(verb: str, field: str) -> Callable[[Any], str]:
    tags: dict[int, str] = {}

    def tag(tree: Any) -> str:
        number = getattr(tree, field)
        if number not in tags:  # to look a value up by its name is slow
            words = object_words(enum(tree, field))
            tags[number] = f"{verb} {_OF.get(words, words)}"
        return tags[number]

    return tag


def _rename(tree: Any) -> str:
    of_a_relation = enum(tree, "rename_type") == "OBJECT_COLUMN"
    return _object("ALTER", "relation_type" if of_a_relation else "rename_type")(tree)


def _transaction(tree: Any) -> str:
    command = _COMMANDS[enum(tree, "kind")]
    return _SHORT.get(command, command.value)


def _discard(tree: Any) -> str:
    return enum(tree, "target").replace("_", " ")


def _create_table_as(tree: Any) -> str:
    return "CREATE MATERIALIZED VIEW" if enum(tree, "objtype") == "OBJECT_MATVIEW" else "CREATE TABLE AS"


_COMMANDS = {
    "TRANS_STMT_BEGIN": TransactionCommand.BEGIN,
    "TRANS_STMT_START": TransactionCommand.START,
    "TRANS_STMT_COMMIT": TransactionCommand.COMMIT,
    "TRANS_STMT_ROLLBACK": TransactionCommand.ROLLBACK,
    "TRANS_STMT_SAVEPOINT": TransactionCommand.SAVEPOINT,
    "TRANS_STMT_RELEASE": TransactionCommand.RELEASE,
    "TRANS_STMT_ROLLBACK_TO": TransactionCommand.ROLLBACK_TO,
    "TRANS_STMT_PREPARE": TransactionCommand.PREPARE,
    "TRANS_STMT_COMMIT_PREPARED": TransactionCommand.COMMIT_PREPARED,
    "TRANS_STMT_ROLLBACK_PREPARED": TransactionCommand.ROLLBACK_PREPARED,
}
_SHORT = {TransactionCommand.RELEASE: "RELEASE", TransactionCommand.ROLLBACK_TO: "ROLLBACK"}
_SPECIAL: dict[str, Callable[[Any], str]] = {
    "AlterFunctionStmt": _object("ALTER", "objtype"),
    "AlterObjectDependsStmt": _object("ALTER", "object_type"),
    "AlterObjectSchemaStmt": _object("ALTER", "object_type"),
    "AlterOwnerStmt": _object("ALTER", "object_type"),
    "AlterTableMoveAllStmt": _object("ALTER", "objtype"),
    "AlterTableStmt": _object("ALTER", "objtype"),
    "ClosePortalStmt": lambda tree: "CLOSE CURSOR" if tree.portalname else "CLOSE CURSOR ALL",
    "CreateFunctionStmt": lambda tree: "CREATE PROCEDURE" if tree.is_procedure else "CREATE FUNCTION",
    "CreateTableAsStmt": _create_table_as,
    "DeallocateStmt": lambda tree: "DEALLOCATE" if tree.name else "DEALLOCATE ALL",
    "DefineStmt": _object("CREATE", "kind"),
    "DiscardStmt": _discard,
    "DropStmt": _object("DROP", "remove_type"),
    "FetchStmt": lambda tree: "MOVE" if tree.ismove else "FETCH",
    "GrantRoleStmt": lambda tree: "GRANT ROLE" if tree.is_grant else "REVOKE ROLE",
    "GrantStmt": lambda tree: "GRANT" if tree.is_grant else "REVOKE",
    "RenameStmt": _rename,
    "SelectStmt": lambda tree: "SELECT INTO" if tree.HasField("into_clause") else "SELECT",
    "TransactionStmt": _transaction,
    "VacuumStmt": lambda tree: "VACUUM" if tree.is_vacuumcmd else "ANALYZE",
    "VariableSetStmt": lambda tree: "RESET" if "RESET" in enum(tree, "kind") else "SET",
}
