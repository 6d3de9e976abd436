"""Find statements without the IF [NOT] EXISTS or OR REPLACE that they could have.

Only the guard counts that makes a second run harmless. `ALTER TABLE … ADD COLUMN IF NOT EXISTS` is complete without
`ALTER TABLE IF EXISTS`: were the table missing, that would hide it. For Postgres 14 to 18 (manual, part VI).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pytest_ctb.model import Statement
from pytest_ctb.sql.forms import COMMANDS, FORMS, IF_EXISTS, IF_NOT_EXISTS, OR_REPLACE, RELATIONS, Form
from pytest_ctb.sql.tokens import after_words, commands, scan
from pytest_ctb.sql.tree import enum, name_of, node_name, parse_tree, strings

_OFTEN_GUARDED = {"CreateExtensionStmt", "CreateSchemaStmt"}
"""What is often guarded even in files that run only once: the database may have it already."""


class Unguarded(NamedTuple):
    """A statement, or a command of an ALTER TABLE, without the guard that it could have."""

    words: str
    """`CREATE TABLE`, `DROP COLUMN`"""
    guard: str
    names: tuple[str, ...]
    """The objects that it creates or drops, as `schema.name` where the statement names the schema."""
    start: int = 0
    """The offset (characters) in the statement where the command starts."""
    behind: int | None = None
    """The offset (characters) to insert the guard at; None where it cannot be inserted."""
    adding: str = ""
    """The words that must follow the guard."""
    instead: str = ""
    """A statement to use instead, where the guard cannot be inserted."""

    @property
    def words_to_insert(self) -> str:
        """The guard as it is inserted at `behind`."""
        return f" {self.guard}{self.adding}"


def routines(statement: Statement) -> tuple[str, ...]:
    """The functions or procedures that a statement creates or drops: `s.f(text)`, or `s.f` for any arguments."""
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
    """The dotted name without `public.`, which a bare name means."""
    return ".".join(name).removeprefix("public.")


def unguarded(statement: Statement) -> Iterator[Unguarded]:
    """The missing guards of a statement: at most one, or one for each command of an ALTER TABLE."""
    body, kind = parse_tree(statement), node_name(statement)
    if kind == "AlterTableStmt":
        yield from _commands(statement)
    elif kind == "DropStmt" and not body.missing_ok:
        concurrently = ["CONCURRENTLY"] if body.concurrent else []
        names = tuple(".".join(strings(name)) for name in body.objects)
        behind = after_words(statement, *statement.tag.split(), *concurrently)
        yield Unguarded(statement.tag, IF_EXISTS, names, behind=behind)
    elif kind in {"RenameStmt", "AlterObjectSchemaStmt"} and not body.missing_ok:
        yield from _renames(statement)
    for form in FORMS.get(kind, ()):
        owner = body.base_stmt if form.flag.startswith("base_stmt.") else body
        if form.when(body) and not getattr(owner, form.flag.rpartition(".")[2]):
            instead = form.instead(body)
            # CREATE SCHEMA with objects in it has a place for the guard, but may not use it.
            behind = None if instead and kind == "CreateSchemaStmt" else _behind(statement, form)
            names = (form.name(body),)
            yield Unguarded(form.words, form.guard, names, behind=behind, adding=form.adding(body), instead=instead)


def is_guarded(statement: Statement) -> bool | None:
    """Whether a CREATE of a table, an index or the like has IF NOT EXISTS; None where it has no such form."""
    body, kind = parse_tree(statement), node_name(statement)
    if kind in _OFTEN_GUARDED or not any(
        form.guard == IF_NOT_EXISTS and form.when(body) for form in FORMS.get(kind, ())
    ):
        return None
    return not any(unguarded(statement))


def guarded(statement: Statement) -> str:
    """The statement with all guards that it lacks, with its semicolon; empty where it lacks none, or cannot have it."""
    pieces, at = [], 0
    parts = sorted(unguarded(statement), key=lambda part: part.behind or 0)
    for part in parts:
        if part.behind is None:
            return part.instead
        pieces.append(statement.sql[at : part.behind] + part.words_to_insert)
        at = part.behind
    return closed("".join([*pieces, statement.sql[at:]])) if parts else ""


def closed(sql: str) -> str:
    """A statement with its semicolon, which a comment at its end must not swallow."""
    return f"{sql}\n;" if "--" in sql.rpartition("\n")[2] else f"{sql};"


def _behind(statement: Statement, form: Form) -> int | None:
    if form.guard == OR_REPLACE:
        return after_words(statement, "CREATE")
    if node_name(statement) == "DropRoleStmt":
        return scan(statement.sql)[1].end  # ROLE, USER or GROUP
    concurrently = ["CONCURRENTLY"] if node_name(statement) == "IndexStmt" and parse_tree(statement).concurrent else []
    return after_words(statement, *form.words.split(), *concurrently)


def _renames(statement: Statement) -> Iterator[Unguarded]:
    """The missing IF EXISTS of a RENAME or SET SCHEMA: in a second run the old name is gone."""
    body = parse_tree(statement)
    renamed = node_name(statement) == "RenameStmt"
    words = RELATIONS.get(enum(body, "rename_type" if renamed else "object_type"))
    if words:
        behind = after_words(statement, "ALTER", *words.split())
        yield Unguarded(f"ALTER {words}", IF_EXISTS, (name_of(body.relation),), behind=behind)


def _commands(statement: Statement) -> Iterator[Unguarded]:
    """The commands of an ALTER TABLE without their guard."""
    starts: list[int] | None = None
    attribute = enum(parse_tree(statement), "objtype") == "OBJECT_TYPE"
    for index, cmd in enumerate(parse_tree(statement).cmds):
        command = cmd.alter_table_cmd
        verb, noun, guard = COMMANDS.get(enum(command, "subtype"), ("", "", ""))
        if not verb or command.missing_ok or (attribute and verb == "ADD"):  # ADD ATTRIBUTE has no such form
            continue
        noun = "ATTRIBUTE" if attribute else noun
        if starts is None:  # computed late: most ALTERs lack no guard
            starts = commands(statement)
        start = starts[index] if index < len(starts) else 0
        end = starts[index + 1] if index + 1 < len(starts) else len(statement.sql)
        behind = after_words(statement, verb, noun, start=start)
        if behind is None or behind > end:
            behind = after_words(statement, verb, start=start)  # ADD and DROP do without COLUMN
        name = command.name or getattr(command, "def").column_def.colname
        yield Unguarded(f"{verb} {noun}", guard, (f"{name_of(parse_tree(statement).relation)}.{name}",), start, behind)
