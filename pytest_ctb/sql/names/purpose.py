"""Name a file after what it does: `create company master`, `add linkedin_url to people`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql.objects import created, dropped
from pytest_ctb.sql.tree import enum, name_of, node_name, parse_tree, strings

_WRITES = {
    "InsertStmt": "insert",
    "UpdateStmt": "update",
    "DeleteStmt": "delete",
    "MergeStmt": "merge",
    "CopyStmt": "load",
}
_COMMANDS = {
    "AT_AddColumn": ("add", "to"),
    "AT_DropColumn": ("drop", "from"),
    "AT_AddConstraint": ("add", "to"),
    "AT_DropConstraint": ("drop", "from"),
    "AT_AlterColumnType": ("change", "of"),
    "AT_SetNotNull": ("require", "of"),
    "AT_DropNotNull": ("allow_null", "of"),
    "AT_ColumnDefault": ("set_default", "of"),
}
_MADE_FIRST = ("CREATE TABLE", "CREATE TABLE AS", "CREATE FOREIGN TABLE")


def purpose(statements: Iterable[Statement]) -> tuple[str, ...]:
    """Words for what a file does, a verb first; empty where nothing in it has a name.

    A new table is what the file is about; else its first statement is.
    """
    statements = [inner for statement in statements for inner in statement.walk() if inner.tag and not inner.control]
    statements.sort(key=lambda statement: statement.tag not in _MADE_FIRST)  # else they keep their order
    return next(filter(None, map(_words, statements)), ())


def _words(statement: Statement) -> tuple[str, ...]:
    body, kind = parse_tree(statement), node_name(statement)
    if kind == "IndexStmt" and not body.idxname:
        return "index", name_of(body.relation), *(element.index_elem.name for element in body.index_params)
    if creation := created(statement):
        return (
            ("create", str(creation))
            if creation.name and creation.kind != "SCHEMA"
            else ("create", "schema", str(creation))
        )
    if drop := dropped(statement):
        return "drop", *drop.names[:2]
    if kind in _WRITES:
        columns = [target.res_target.name for target in body.target_list] if kind == "UpdateStmt" else []
        return _WRITES[kind], name_of(body.relation), *columns[:2]
    words = _OTHERS.get(kind)
    return words(body) if words else ()


def _altered(body: Any) -> tuple[str, ...]:
    table, commands = name_of(body.relation), [cmd.alter_table_cmd for cmd in body.cmds]
    command = commands[0]
    verb, between = _COMMANDS.get(enum(command, "subtype"), ("alter", ""))
    definition = getattr(command, "def")
    name = command.name or definition.column_def.colname or definition.constraint.conname
    if not between or not name:
        return ("add", "constraint", "to", table) if verb == "add" else ("alter", table)
    return verb, name, between, table


def _renamed(body: Any) -> tuple[str, ...]:
    table = name_of(body.relation)
    part = body.subname if body.HasField("relation") else ""
    before = part or table or ".".join(strings(body.object))
    return ("rename", before, "to", body.newname) if before else ()


def _granted(body: Any) -> tuple[str, ...]:
    names = [
        name_of(node.range_var) if node.HasField("range_var") else ".".join(strings(node)) for node in body.objects
    ]
    return ("grant" if body.is_grant else "revoke", "rights", "on", names[0]) if names else ()


_OTHERS: dict[str, Callable[[Any], tuple[str, ...]]] = {
    "AlterEnumStmt": lambda b: ("add", b.new_val, "to", ".".join(strings(b.type_name))),
    "AlterTableStmt": _altered,
    "CommentStmt": lambda b: ("comment", ".".join(strings(b.object))),
    "GrantStmt": _granted,
    "RefreshMatViewStmt": lambda b: ("refresh", name_of(b.relation)),
    "RenameStmt": _renamed,
    "TruncateStmt": lambda b: ("truncate", name_of(b.relations[0].range_var)),
}
