"""What Postgres refuses inside a transaction block (PreventInTransactionBlock in its source)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pytest_ctb.model import Statement, TransactionCommand
from pytest_ctb.sql.tree import enum, node_name, parse_tree, strings

_WHOLE = {"REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE"}
_ENDS = {TransactionCommand.COMMIT, TransactionCommand.ROLLBACK}
_MAYBE = {"CALL", "CLUSTER", "DROP SUBSCRIPTION", "ALTER SUBSCRIPTION", "REINDEX"}


def refused(statement: Statement) -> str:
    """What it is that Postgres refuses inside a transaction; empty for what it takes."""
    if statement.tag == "DO":
        ends = next((inner.command for inner in statement.walk()[1:] if inner.command in _ENDS), None)
        return f"{ends.value} in a DO block" if ends else ""
    refusal = _REFUSED.get(node_name(statement))
    return refusal(parse_tree(statement)) if refusal else ""


def may_be_refused(statement: Statement) -> bool:
    """Tell whether it depends on more than the statement: on the procedure called, on a table that is partitioned."""
    return statement.tag in _MAYBE


def _reindex(body: Any) -> str:
    if _on(body.params, "concurrently", default=False):
        return "REINDEX CONCURRENTLY"
    return "REINDEX of a whole schema or database" if enum(body, "kind") in _WHOLE else ""


def _alter_table(body: Any) -> str:
    commands = [one.alter_table_cmd for one in body.cmds]
    detaching = any(
        enum(one, "subtype") == "AT_DetachPartition" and getattr(one, "def").partition_cmd.concurrent
        for one in commands
    )
    return "DETACH PARTITION … CONCURRENTLY" if detaching else ""


def _create_subscription(body: Any) -> str:
    """Without `connect = false` or `create_slot = false` a slot is made on the other server."""
    makes_slot = _on(body.options, "connect", default=True) and _on(body.options, "create_slot", default=True)
    return "CREATE SUBSCRIPTION" if makes_slot else ""


def _alter_subscription(body: Any) -> str:
    return "ALTER SUBSCRIPTION … REFRESH" if "REFRESH" in enum(body, "kind") else ""


def _on(options: Iterable[Any], name: str, *, default: bool) -> bool:
    """An option that is on or off (defGetBoolean): one without a value is on."""
    values = [one.def_elem.arg for one in options if one.def_elem.defname == name]
    return not _is_off(values[-1]) if values else default


def _is_off(value: Any) -> bool:
    if value.WhichOneof("node") == "integer":
        return bool(value.integer.ival == 0)
    return bool({"false", "off"} & {one.lower() for one in strings(value)})


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
