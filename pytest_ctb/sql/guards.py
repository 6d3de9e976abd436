"""Which statements of Postgres's grammar have an IF [NOT] EXISTS or OR REPLACE form, and which of them do not use it.

Only the guard counts that makes a second run harmless. `ALTER TABLE … ADD COLUMN IF NOT EXISTS` is complete without
`ALTER TABLE IF EXISTS`: were the table missing, that would hide it. For Postgres 14 to 18 (manual, part VI).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pytest_ctb.model import Statement
from pytest_ctb.sql.forms import COMMANDS, FORMS, IF_EXISTS, OR_REPLACE, RELATIONS, Form
from pytest_ctb.sql.tokens import after_words, commands, scan
from pytest_ctb.sql.tree import enum, name_of, node_name, parse_tree, strings


class Unguarded(NamedTuple):
    """A statement, or one command of an ALTER, without the guard that it could have."""

    words: str
    """`CREATE TABLE`, `DROP COLUMN`"""
    guard: str
    names: tuple[str, ...]
    """What it makes or drops, as `schema.name` where the statement names the schema."""
    start: int = 0
    """Where it starts in the statement (characters)."""
    behind: int | None = None
    """Where the guard goes; None where it cannot be put in."""
    adding: str = ""
    """What must stand behind the guard."""
    instead: str = ""
    """What to write where the guard cannot be put in."""

    @property
    def put_in(self) -> str:
        """What goes in there."""
        return f" {self.guard}{self.adding}"


def routines(statement: Statement) -> tuple[str, ...]:
    """The functions or procedures that a statement makes or drops: `s.f(text)`, or `s.f` with any arguments."""
    body = parse_tree(statement)
    if node_name(statement) == "CreateFunctionStmt":
        types = [
            routine.function_parameter.arg_type
            for routine in body.parameters
            if enum(routine.function_parameter, "mode") not in {"FUNC_PARAM_OUT", "FUNC_PARAM_TABLE"}
        ]
        return (_signature(strings(body.funcname), types),)
    if node_name(statement) == "DropStmt":
        dropped_routines = [
            routine.object_with_args for routine in body.objects if routine.WhichOneof("node") == "object_with_args"
        ]
        return tuple(
            _short(strings(routine.objname))
            if routine.args_unspecified
            else _signature(strings(routine.objname), [arg.type_name for arg in routine.objargs])
            for routine in dropped_routines
        )
    return ()


def _signature(name: list[str], types: Iterable[Any]) -> str:
    arguments = [".".join(strings(type_name)) + "[]" * len(type_name.array_bounds) for type_name in types]
    return f"{_short(name)}({', '.join(arguments)})"


def _short(name: list[str]) -> str:
    """Where nothing else is said, `public` is meant."""
    return ".".join(name).removeprefix("public.")


def unguarded(statement: Statement) -> Iterator[Unguarded]:
    """The guards that a statement could have and has not: one, or one for each command of an ALTER TABLE."""
    body, kind = parse_tree(statement), node_name(statement)
    if kind == "AlterTableStmt":
        yield from _commands(statement)
    elif kind == "DropStmt" and not body.missing_ok:
        concurrently = ["CONCURRENTLY"] if body.concurrent else []
        names = tuple(".".join(strings(name)) for name in body.objects)
        behind = after_words(statement, *statement.tag.split(), *concurrently)
        yield Unguarded(statement.tag, IF_EXISTS, names, behind=behind)
    elif kind in {"RenameStmt", "AlterObjectSchemaStmt"} and not body.missing_ok:
        yield from _moved(statement)
    for form in FORMS.get(kind, ()):
        owner = body.base_stmt if form.flag.startswith("base_stmt.") else body
        if form.when(body) and not getattr(owner, form.flag.rpartition(".")[2]):
            instead = form.instead(body)
            # CREATE SCHEMA with objects in it has a place for the guard, but may not use it.
            behind = None if instead and kind == "CreateSchemaStmt" else _behind(statement, form)
            names = (form.name(body),)
            yield Unguarded(form.words, form.guard, names, behind=behind, adding=form.adding(body), instead=instead)


def _behind(statement: Statement, form: Form) -> int | None:
    if form.guard == OR_REPLACE:
        return after_words(statement, "CREATE")
    if node_name(statement) == "DropRoleStmt":
        return scan(statement.sql)[1].end  # ROLE, USER or GROUP
    concurrently = ["CONCURRENTLY"] if node_name(statement) == "IndexStmt" and parse_tree(statement).concurrent else []
    return after_words(statement, *form.words.split(), *concurrently)


def _moved(statement: Statement) -> Iterator[Unguarded]:
    """Under its old name, or in its old schema, a relation is there only the first time."""
    body = parse_tree(statement)
    renamed = node_name(statement) == "RenameStmt"
    words = RELATIONS.get(enum(body, "rename_type" if renamed else "object_type"))
    if words:
        behind = after_words(statement, "ALTER", *words.split())
        yield Unguarded(f"ALTER {words}", IF_EXISTS, (name_of(body.relation),), behind=behind)


def _commands(statement: Statement) -> Iterator[Unguarded]:
    """Each command of an ALTER TABLE by itself: one may be guarded and the next not."""
    starts: list[int] | None = None
    attribute = enum(parse_tree(statement), "objtype") == "OBJECT_TYPE"
    for index, cmd in enumerate(parse_tree(statement).cmds):
        command = cmd.alter_table_cmd
        verb, noun, guard = COMMANDS.get(enum(command, "subtype"), ("", "", ""))
        if not verb or command.missing_ok or (attribute and verb == "ADD"):  # ADD ATTRIBUTE has no such form
            continue
        noun = "ATTRIBUTE" if attribute else noun
        if starts is None:  # most ALTERs are never asked where their commands start
            starts = commands(statement)
        start = starts[index] if index < len(starts) else 0
        end = starts[index + 1] if index + 1 < len(starts) else len(statement.sql)
        behind = after_words(statement, verb, noun, start=start)
        if behind is None or behind > end:
            behind = after_words(statement, verb, start=start)  # ADD and DROP do without COLUMN
        name = command.name or getattr(command, "def").column_def.colname
        yield Unguarded(f"{verb} {noun}", guard, (f"{name_of(parse_tree(statement).relation)}.{name}",), start, behind)
