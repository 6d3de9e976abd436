"""Read a file into statements as psql does: with its variables, conditions, includes and refused commands.

docs/psql.md lists the supported commands. Any other becomes a Statement with a `problem`; nothing is raised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from pytest_ctb.model import GEXEC, Comment, Included, Position, Problem, Reading, Source, Statement
from pytest_ctb.sql.lexer import VARIABLE, Lexer, Span
from pytest_ctb.sql.parser import comments_in, copies_from_stdin, parse_statement
from pytest_ctb.sql.psql import meta_commands
from pytest_ctb.sql.psql.placeholders import (
    LONGEST,
    Placeholder,
    UnsupportedError,
    expanded,
    no_value_message,
    placeholders,
)

_MOST_FILES = 1000
_DEEPEST = 50
_LARGEST = 50_000_000
_OUTPUT = frozenset({*"aCfHpTtx", "echo", "html", "print", "pset", "qecho", "timing", "warn"})
"""Commands that change only what psql prints."""
_FIXED_SETTINGS = {"ON_ERROR_STOP": True, "AUTOCOMMIT": True, "ON_ERROR_ROLLBACK": False, "SINGLELINE": False}
"""The settings of psql when a migration is applied; another value would change what the file does."""
_REFUSED = {
    "connect": "leaves the database, or the role, that the migration is applied to",
    "copy": "reads and writes files of the machine that psql runs on: use COPY … FROM stdin with the rows in this file",
    "!": "runs a program on the machine that psql runs on",
    "gset": "gives variables a value only when the query has run: what follows could not be judged",
    "cd": "changes the folder that \\i looks in: write paths from the root of the repository",
}
_REFUSED["c"] = _REFUSED["connect"]
_UNKNOWN = "only psql understands it, so the file cannot be applied by anything else"
_WHOLE_LINE = frozenset(["!", "copy", "ef", "ev", "h", "help", "sf", "sv"])
"""Commands whose argument is the rest of the line, backslashes too."""
_KNOWN = re.compile(
    r"[;:!?aCcefgHhiloPpqrsTtwxz]|d\w*[+S]*|lo_\w+|cd|connect|conninfo|copy|copyright|crosstabview|echo|edit|ef|encoding|errverbose|"
    r"ev|gdesc|getenv|gexec|gset|gx|help|html|include|include_relative|ir|list|out|password|print|prompt|pset|qecho|quit|"
    r"reset|restrict|set|setenv|sf|sv|timing|unrestrict|unset|warn|watch|write"
)
"""All commands of psql: in an inactive branch it ignores these, but refuses others."""
_BY_ROWS = "its rows are the statements, and only the server knows them (\\gexec)"
_BEHIND_COPY = "psql runs this text only after the rows that follow: write it on a line of its own below them"
_WORD = re.compile(VARIABLE)


class Script(NamedTuple):
    """The content of a file that psql reads."""

    statements: tuple[Statement, ...]
    source: Source
    comment_spans: tuple[tuple[int, int], ...]
    """Start and end (characters) of the comments."""
    variables: Mapping[str, str]
    """The values of variables at the end of the file."""
    exact: bool
    """The statements are exactly those of the text: nothing was included, left out or filled in."""

    @property
    def comment_lines(self) -> tuple[Comment, ...]:
        """The comments of the file itself, line by line."""
        return tuple(comments_in(self.source, self.comment_spans))


def parse(source: Source) -> tuple[tuple[Statement, ...], tuple[Comment, ...]]:
    """The statements and the `--` comments of a text, both in order. Raises nothing: see `Statement.problem`."""
    script = read_psql(source, "", Reading())
    return script.statements, tuple(comment for comment in script.comment_lines if comment.block is None)


def read_psql(source: Source, path: str, reading: Reading) -> Script:
    """Read a file and those that it includes. `path` is relative to the root of the repository. Raises nothing."""
    reader = _Reader(reading, path)
    spans = reader.read(source)
    return Script(tuple(reader.statements), source, spans, reader.variables, reader.exact)


@dataclass(frozen=True)
class _IncludedText(Source):
    """The text of an included file; its positions name the command that includes it."""

    path: str
    via: Position

    def at(self, offset: int) -> Included:
        line, column = super().at(offset)
        return Included.of(self.via, f"{self.path}:{line}:{column}")


@dataclass
class _Condition:
    r"""An open `\\if`."""

    position: Position
    outer_active: bool
    """Whether the surrounding branch is active."""
    active: bool
    taken: bool
    in_else: bool = False
    """Its `\\else` was read."""


class _Stop(Exception):  # noqa: N818  # no error: `\q`
    """Reading stops here."""


class _Reader:
    def __init__(self, reading: Reading, path: str) -> None:
        self.reading = reading
        self.path = path
        self.variables = dict(reading.variables)
        self.psql = reading.psql
        self.statements: list[Statement] = []
        self.exact = True
        self._including: list[Path] = []
        self._files = self._characters = 0
        self._key: str | None = None

    @cached_property
    def _root(self) -> Path | None:
        return self.reading.root.resolve() if self.reading.root else None

    @cached_property
    def _file(self) -> Path:
        return (self._root / self.path).resolve() if self._root else Path(self.path)

    def read(self, source: Source) -> tuple[tuple[int, int], ...]:
        """Read the statements of a file into `statements`. Returns start and end of its comments."""
        lexer = Lexer(source.text)
        conditions: list[_Condition] = []
        try:
            while (span := lexer.next()) is not None:
                active = not conditions or all(condition.active for condition in conditions)
                if span.kind == "meta":
                    self._meta(source, lexer, span, conditions)
                elif active:
                    self._take(source, lexer, span, span.end)
            if conditions:
                self._add_problem(source, len(source.text), "", conditions[-1].position, "\\if without \\endif")
        except _Stop:
            while lexer.next() is not None:
                pass  # collects the comments of the rest
        return tuple(lexer.comments)

    # --- statements ---------------------------------------------------------------------------------------------------

    def _take(self, source: Source, lexer: Lexer, span: Span, end: int, *, by_rows: bool = False) -> None:
        try:
            own = self.reading.placeholder
            filled_in = placeholders(source.text, span, end, lexer.comments, self.variables, psql=self.psql, own=own)
            read = self._read_statements(source, lexer, span.start, end, filled_in)
        except UnsupportedError as error:
            self._add_problem(source, span.start, source.text[span.start : end], source.at(span.start), str(error))
            return
        without_value = [placeholder for placeholder in filled_in if placeholder.value is None]
        for parsed in read:
            statement = parsed
            # `a[x:y]` looks like a placeholder: one without a value is a problem only where the parser fails.
            for other in without_value:
                if parsed.problem and source.at(other.start) <= parsed.problem.position < source.at(other.end):
                    statement = replace(parsed, problem=_no_value_problem(source, other), meta=True)
            if by_rows and not parsed.problem:
                self.exact = False
                statement = replace(parsed, tag=GEXEC, unread=_BY_ROWS, inner=())
            if copies_from_stdin(statement):
                behind = lexer.at
                rows, more = lexer.copy_rows()
                self.statements.append(replace(statement, data=rows, end=lexer.at))
                if more:
                    self._add_problem(source, behind, more, source.at(behind), _BEHIND_COPY)
            else:
                self.statements.append(statement if statement.end == lexer.at else replace(statement, end=lexer.at))

    def _read_statements(
        self, source: Source, lexer: Lexer, start: int, end: int, filled_in: Iterable[Placeholder]
    ) -> list[Statement]:
        filled = [placeholder for placeholder in filled_in if placeholder.value is not None]
        if not filled:
            statement = parse_statement(source, start, end, lexer.at)
            return [statement] if statement else []
        self.exact = False
        text = expanded(source, start, end, filled)
        inner = Lexer(text.text + "\n;")
        spans = []
        while (span := inner.next()) is not None:
            if span.kind == "meta":
                raise UnsupportedError(f"the value of {filled[0].name} holds a command of psql")
            spans.append(span)
        if spans and spans[-1].end > len(text.text) + 1:
            raise UnsupportedError(
                f"a value ({', '.join(name.name for name in filled)}) opens a quote or a comment that does not end"
            )
        statements = [parse_statement(text, part.start, min(part.end, len(text.text)), lexer.at) for part in spans]
        return [statement for statement in statements if statement]

    def _add_problem(self, source: Source, start: int, sql: str, position: Position, message: str) -> None:
        problem = Problem(message, position)
        self.statements.append(Statement(sql.rstrip(), source, start, problem=problem, meta=True, end=start + len(sql)))

    # --- commands -----------------------------------------------------------------------------------------------------

    def _meta(self, source: Source, lexer: Lexer, span: Span, conditions: list[_Condition]) -> None:
        active = all(condition.active for condition in conditions)
        command = meta_commands.read_command(
            source.text, span.mark, self.variables if active or conditions[-1].outer_active else {}
        )
        name = command.name
        lexer.move(meta_commands.end_of_line(source.text, span.mark) if name in _WHOLE_LINE else command.end)
        conditional = {"if": self._if, "elif": self._elif, "else": self._else, "endif": self._endif}.get(name)
        problem = ""
        if not self.psql:
            conditional, problem = None, meta_commands.not_sql(name, "what applies this file sends SQL alone")
        elif active and span.start < span.mark and name not in {"g", "gexec"}:
            problem = meta_commands.not_sql(name, "stands inside a statement, where it is not followed")
        elif conditional:
            self.exact = False
            problem = conditional(command, source.at(span.mark), conditions)
        elif active:
            problem = self._do(command, source, lexer, span)
        elif not _KNOWN.fullmatch(name):
            problem = meta_commands.not_sql(name, _UNKNOWN)
        if problem:
            if not conditional:
                lexer.move(meta_commands.end_of_line(source.text, span.mark))
            text = source.text[span.start : lexer.at]
            self._add_problem(source, span.start, text, source.at(span.mark), problem)

    def _if(self, command: meta_commands.Command, position: Position, conditions: list[_Condition]) -> str:
        outer_active = all(condition.active for condition in conditions)
        value, problem = meta_commands.boolean(command) if outer_active else (False, "")
        conditions.append(_Condition(position, outer_active, bool(value), bool(value)))
        return problem

    def _elif(self, command: meta_commands.Command, _position: Position, conditions: list[_Condition]) -> str:
        if not conditions or conditions[-1].in_else:
            return "\\elif without an \\if before it"
        top = conditions[-1]
        value, problem = meta_commands.boolean(command) if top.outer_active and not top.taken else (False, "")
        top.active, top.taken = bool(value), top.taken or bool(value)
        return problem

    def _else(self, _command: meta_commands.Command, _position: Position, conditions: list[_Condition]) -> str:
        if not conditions or conditions[-1].in_else:
            return "\\else without an \\if before it"
        top = conditions[-1]
        top.active, top.in_else = top.outer_active and not top.taken, True
        return ""

    def _endif(self, _command: meta_commands.Command, _position: Position, conditions: list[_Condition]) -> str:
        if not conditions:
            return "\\endif without an \\if before it"
        conditions.pop()
        return ""

    def _do(self, command: meta_commands.Command, source: Source, lexer: Lexer, span: Span) -> str:
        name = command.name
        if name in _REFUSED or command.problem:
            return meta_commands.not_sql(name, _REFUSED.get(name, command.problem))
        try:
            if name in {"restrict", "unrestrict"} or self._key is not None:
                self._restrict(command)
            elif name in {"set", "unset"}:
                self._set(command)
            elif name in {"i", "include", "ir", "include_relative"}:
                self._include(command, source, span.mark)
            elif name in {"q", "quit"}:
                self.exact = False
                raise _Stop
            elif name in {"g", "gexec"} and not command.arguments and span.start < span.mark:
                self._take(source, lexer, span, span.mark, by_rows=name == "gexec")
            else:
                _without_effect(command)
        except UnsupportedError as error:
            return meta_commands.not_sql(name, str(error))
        return ""

    def _restrict(self, command: meta_commands.Command) -> None:
        r"""`\restrict key`, as pg_dump writes it: up to `\unrestrict key` psql takes no other command."""
        key = command.arguments[0] if len(command.arguments) == 1 else ""
        if command.name == "restrict" and self._key is None and key:
            self._key = key
        elif command.name == "unrestrict" and key and self._key == key:
            self._key = None
        else:
            raise UnsupportedError("psql refuses it here: see \\restrict")

    def _set(self, command: meta_commands.Command) -> None:
        unsets = command.name == "unset"
        if not command.arguments:
            if unsets:
                raise UnsupportedError("names no variable")
            return
        name, value = command.arguments[0], "".join(command.arguments[1:])
        if not _WORD.fullmatch(name):
            raise UnsupportedError(f"{name} is not a name of a variable")
        if name in _FIXED_SETTINGS:
            given = name == "AUTOCOMMIT" if unsets else meta_commands.parse_bool(value or "on")
            if given is not _FIXED_SETTINGS[name]:
                raise UnsupportedError(f"migrations are applied with {name} {'on' if _FIXED_SETTINGS[name] else 'off'}")
        if len(value) > LONGEST:
            raise UnsupportedError(f"the value of {name} grows beyond {LONGEST} characters")
        if unsets:
            self.variables.pop(name, None)
        else:
            self.variables[name] = value

    def _include(self, command: meta_commands.Command, source: Source, mark: int) -> None:
        self.exact = False
        if not command.arguments:
            raise UnsupportedError("names no file")
        if self._root is None:
            raise UnsupportedError("includes a file, and there is no folder to look for it in")
        beside = command.name in {"ir", "include_relative"}
        being_read = [self._file, *self._including]
        folder = being_read[-1].parent if beside else self._root
        file, text = _included(self._root, folder, command.arguments[0].rstrip(";"))
        shown = file.relative_to(self._root).as_posix()
        if file in being_read:
            raise UnsupportedError(f"includes {shown}, which is being read: a loop")
        if len(being_read) > _DEEPEST:
            raise UnsupportedError(f"includes {shown}: {_DEEPEST} files include each other already")
        self._files += 1
        self._characters += len(text)
        if self._files > _MOST_FILES or self._characters > _LARGEST:
            raise UnsupportedError("too much is included")
        position = source.at(mark)
        self._including.append(file)
        self.read(_IncludedText(text, shown, Position(position.line, position.column)))
        self._including.pop()


def _included(root: Path, folder: Path, written: str) -> tuple[Path, str]:
    """Path and text of an included file. Raises UnsupportedError where it is outside of the repository or no text."""
    try:
        file = (folder / written).resolve()
        if not file.is_relative_to(root) or written.startswith("~"):
            raise UnsupportedError(f"leads out of the repository: {written}")
        shown = file.relative_to(root).as_posix()
        if not file.is_file():
            where = "the root of the repository" if folder == root else "the folder of the file"
            raise UnsupportedError(f"there is no file {shown} (looked for from {where})")
        text = file.read_bytes().removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError:
        raise UnsupportedError(f"{shown} is not UTF-8") from None
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, UnsupportedError):
            raise
        raise UnsupportedError(f"{written} cannot be read: {error}") from error
    if "\0" in text:
        raise UnsupportedError(f"{shown} is not text")
    return file, text


def _without_effect(command: meta_commands.Command) -> None:
    """Raise UnsupportedError for a command that changes more than the output of psql."""
    if command.name != "encoding":
        if command.name not in _OUTPUT:
            raise UnsupportedError(_UNKNOWN)
    elif "".join(command.arguments).upper().replace("-", "") not in {"UTF8", "UNICODE", ""}:
        raise UnsupportedError("names another encoding than UTF-8, which migrations are read as")


def _no_value_problem(source: Source, placeholder: Placeholder) -> Problem:
    return Problem(
        no_value_message(source.text[placeholder.start : placeholder.end], placeholder.name),
        source.at(placeholder.start),
    )
