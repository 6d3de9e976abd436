"""Statements that Postgres refuses inside a transaction block (PreventInTransactionBlock in its source)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from pytest_ctb.model import Statement, TransactionCommand
from pytest_ctb.sql.tokens import scan
from pytest_ctb.sql.tree import Tree, enum, node_name, parse_tree, strings

_WHOLE = {"REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE"}
_ENDS = {TransactionCommand.COMMIT, TransactionCommand.ROLLBACK}
_MAYBE = {"CALL", "CLUSTER", "DROP SUBSCRIPTION", "ALTER SUBSCRIPTION", "REINDEX"}


def refused(statement: Statement) -> str:
    """What Postgres refuses inside a transaction, in words: `CREATE DATABASE`; empty where it refuses nothing."""
    if statement.tag == "DO":
        ends = next((inner.command for inner in statement.walk()[1:] if inner.command in _ENDS), None)
        return f"{ends.value} in a DO block" if ends else ""
    refusal = _REFUSED.get(node_name(statement))
    return refusal(parse_tree(statement)) if refusal else ""


def may_be_refused(statement: Statement) -> bool:
    """Whether Postgres may refuse it, depending on more than the text: on the procedure, on a partitioned table."""
    return statement.tag in _MAYBE


def without_concurrently(statement: Statement) -> Statement:
    """A CREATE INDEX or DROP INDEX that does the same in one transaction; any other statement as it is.

    Blanks stand in place of the word CONCURRENTLY, so all else stays at its place. With the word, Postgres drops no
    more than one index, and nothing that needs it: such a statement stays as it is.
    """
    body = parse_tree(statement)
    match node_name(statement):
        case "IndexStmt" if body.concurrent:
            pass
        case "DropStmt" if body.concurrent and len(body.objects) == 1 and enum(body, "behavior") == "DROP_RESTRICT":
            pass
        case _:
            return statement
    word = next(token for token in scan(statement.sql) if token.word == "CONCURRENTLY")
    blanks = " " * len(word.word)
    plain = type(body)()
    plain.CopyFrom(body)
    plain.concurrent = False
    sql = statement.sql[: word.start] + blanks + statement.sql[word.end :]
    return replace(statement, sql=sql, _tree=Tree(plain, len(sql)))


def _reindex(body: Any) -> str:
    if is_on(body.params, "concurrently", default=False):
        return "REINDEX CONCURRENTLY"
    return "REINDEX of a whole schema or database" if enum(body, "kind") in _WHOLE else ""


def _alter_table(body: Any) -> str:
    commands = [command.alter_table_cmd for command in body.cmds]
    detaching = any(
        enum(command, "subtype") == "AT_DetachPartition" and getattr(command, "def").partition_cmd.concurrent
        for command in commands
    )
    return "DETACH PARTITION … CONCURRENTLY" if detaching else ""


def _create_subscription(body: Any) -> str:
    """Refused where it creates a slot on the other server: without `connect = false` and `create_slot = false`."""
    makes_slot = is_on(body.options, "connect", default=True) and is_on(body.options, "create_slot", default=True)
    return "CREATE SUBSCRIPTION" if makes_slot else ""


def _alter_subscription(body: Any) -> str:
    return "ALTER SUBSCRIPTION … REFRESH" if "REFRESH" in enum(body, "kind") else ""


def is_on(options: Iterable[Any], name: str, *, default: bool) -> bool:
    """The value of a boolean option, as defGetBoolean reads it: on where it has no value."""
    values = [option.def_elem.arg for option in options if option.def_elem.defname == name]
    return not _is_off(values[-1]) if values else default


def _is_off(value: Any) -> bool:
    if value.WhichOneof("node") == "integer":
        return bool(value.integer.ival == 0)
    return bool({"false", "off"} & {word.lower() for word in strings(value)})


_REFUSED: dict[str, Callable[[Any], str]] = {
    "IndexStmt": lambda body: "CREATE INDEX CONCURRENTLY" if body.concurrent else "",
    "DropStmt": lambda body: "DROP INDEX CONCURRENTLY" if body.concurrent else "",
    "ReindexStmt": _reindex,
    "VacuumStmt": lambda body: "VACUUM" if body.is_vacuumcmd else "",
    "ClusterStmt": lambda body: "" if body.relation.relname else "CLUSTER of all tables",
    "AlterTableStmt": _alter_table,
    "CreatedbStmt": lambda _: "CREATE DATABASE",
    "DropdbStmt": lambda _: "DROP DATABASE",
    "CreateTableSpaceStmt": lambda _: "CREATE TABLESPACE",
    "DropTableSpaceStmt": lambda _: "DROP TABLESPACE",
    "AlterSystemStmt": lambda _: "ALTER SYSTEM",
    "AlterDatabaseStmt": lambda body: (
        "ALTER DATABASE … SET TABLESPACE" if any(o.def_elem.defname == "tablespace" for o in body.options) else ""
    ),
    "CreateSubscriptionStmt": _create_subscription,
    "AlterSubscriptionStmt": _alter_subscription,
    "DiscardStmt": lambda body: "DISCARD ALL" if enum(body, "target") == "DISCARD_ALL" else "",
}
