"""What Postgres refuses inside a transaction block (PreventInTransactionBlock in its source)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql.parser import enum, strings

_WHOLE = {"REINDEX_OBJECT_SCHEMA", "REINDEX_OBJECT_SYSTEM", "REINDEX_OBJECT_DATABASE"}
_ENDS = {"TRANS_STMT_COMMIT", "TRANS_STMT_ROLLBACK"}
_MAYBE = {"call_stmt", "cluster_stmt", "drop_subscription_stmt", "alter_subscription_stmt", "reindex_stmt"}


def refused(statement: Statement) -> str:
    """What it is that Postgres refuses inside a transaction; empty for what it takes."""
    words = _REFUSED.get(statement.kind, lambda _: "")(statement.body)
    ends = next((one.body for one in statement.walk()[1:] if _ends(one)), None) if statement.kind == "do_stmt" else None
    return f"{enum(ends, 'kind').rpartition('_')[2]} in a DO block" if ends else words


def may_be_refused(statement: Statement) -> bool:
    """Tell whether it depends on more than the statement: on the procedure called, on a table that is partitioned."""
    return statement.kind in _MAYBE


def _ends(statement: Statement) -> bool:
    return statement.kind == "transaction_stmt" and enum(statement.body, "kind") in _ENDS


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
    "index_stmt": lambda body: "CREATE INDEX CONCURRENTLY" if body.concurrent else "",
    "drop_stmt": lambda body: "DROP INDEX CONCURRENTLY" if body.concurrent else "",
    "reindex_stmt": _reindex,
    "vacuum_stmt": lambda body: "VACUUM" if body.is_vacuumcmd else "",
    "cluster_stmt": lambda body: "" if body.relation.relname else "CLUSTER of all tables",
    "alter_table_stmt": _alter_table,
    "createdb_stmt": lambda _: "CREATE DATABASE",
    "dropdb_stmt": lambda _: "DROP DATABASE",
    "create_table_space_stmt": lambda _: "CREATE TABLESPACE",
    "drop_table_space_stmt": lambda _: "DROP TABLESPACE",
    "alter_system_stmt": lambda _: "ALTER SYSTEM",
    "alter_database_stmt": lambda body: (
        "ALTER DATABASE … SET TABLESPACE" if any(o.def_elem.defname == "tablespace" for o in body.options) else ""
    ),
    "create_subscription_stmt": _create_subscription,
    "alter_subscription_stmt": _alter_subscription,
    "discard_stmt": lambda body: "DISCARD ALL" if enum(body, "target") == "DISCARD_ALL" else "",
}
