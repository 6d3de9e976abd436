"""The commands of an ALTER TABLE, one by one."""

from __future__ import annotations

from typing import NamedTuple

from pytest_ctb.model import Statement
from pytest_ctb.sql.kinds import command_words
from pytest_ctb.sql.tree import enum, node_name, parse_tree


class Alteration(NamedTuple):
    """One command of an ALTER TABLE, or of an ALTER of another relation that takes the same commands."""

    words: str
    """`ADD COLUMN`, `DROP CONSTRAINT`"""
    name: str
    """The column or constraint that it names; empty where it names none."""
    guarded: bool
    """It says IF EXISTS or IF NOT EXISTS."""


def alterations(statement: Statement) -> tuple[Alteration, ...]:
    """The commands of an ALTER TABLE in their order, and none for any other statement; `commands` tells where."""
    if not statement.tag.startswith("ALTER ") or node_name(statement) != "AlterTableStmt":
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
