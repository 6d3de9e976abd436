"""Text to statements as psql reads a file: its variables, conditions and includes, and the commands that are refused.

docs/psql.md tells what is understood. What is not is a Statement with a `problem`; nothing is raised.
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
from pytest_ctb.sql.parser import comment, copies_from_stdin, parse_statement
from pytest_ctb.sql.psql import meta_commands
from pytest_ctb.sql.psql.placeholders import LONGEST, NotFilledError, Placeholder, expanded, no_value, placeholders

_MOST_FILES = 1000
_DEEPEST = 50
_LARGEST = 50_000_000
_OUTPUT = frozenset({*"aCfHpTtx", "echo", "html", "print", "pset", "qecho", "timing", "warn"})
"""What changes nothing but what psql prints."""
_KEPT_ON = {"ON_ERROR_STOP": True, "AUTOCOMMIT": True, "ON_ERROR_ROLLBACK": False, "SINGLELINE": False}
"""How psql stands as a migration is applied; another value would change what the file does."""
_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
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
"""Those that take all of their line, backslashes too."""
_KNOWN = re.compile(
    r"[;:!?aCcefgHhiloPpqrsTtwxz]|d\w*[+S]*|lo_\w+|cd|connect|conninfo|copy|copyright|crosstabview|echo|edit|ef|encoding|errverbose|"
    r"ev|gdesc|getenv|gexec|gset|gx|help|html|include|include_relative|ir|list|out|password|print|prompt|pset|qecho|quit|"
    r"reset|restrict|set|setenv|sf|sv|timing|unrestrict|unset|warn|watch|write"
)
"""What psql knows: in a branch that is left out it does none of it, and refuses the rest all the same."""
_BY_ROWS = "its rows are the statements, and only the server knows them (\\gexec)"
_BEHIND_COPY = "psql runs what stands here behind the rows that follow: write it on a line of its own below them"
_WORD = re.compile(VARIABLE)


class Read(NamedTuple):
    """What stands in a file."""

    statements: tuple[Statement, ...]
    source: Source
    spans: tuple[tuple[int, int], ...]
    """Where the comments begin and end."""
    variables: Mapping[str, str]
    """As they are at the end of the file."""
    exact: bool
    """The statements are those of the text, all of them: nothing was included, left out or filled in."""

    @property
    def comments(self) -> tuple[Comment, ...]:
        """The `--` comments of the file itself."""
        return tuple(comment(self.source, start, end) for start, end in self.spans)


def parse(source: Source) -> tuple[tuple[Statement, ...], tuple[Comment, ...]]:
    """Read a text's statements and its `--` comments, both in their order. Nothing is raised."""
    found = read_psql(source, "", Reading())
    return found.statements, found.comments


def read_psql(source: Source, path: str, reading: Reading) -> Read:
    """Read a file, and those that it includes. `path` is relative to the root of the repository. Nothing is raised."""
    reader = _Reader(reading, path)
    spans = reader.read(source)
    return Read(tuple(reader.statements), source, spans, reader.variables, reader.exact)


@dataclass(frozen=True)
class _Part(Source):
    """The text of a file that is included."""

    path: str
    via: Position

    def at(self, offset: int) -> Included:
        line, column = super().at(offset)
        return Included.of(self.via, f"{self.path}:{line}:{column}")


@dataclass
class _Condition:
    r"""One `\\if` that is open."""

    position: Position
    around: bool
    """What stands around it is done."""
    active: bool
    taken: bool
    last: bool = False
    """Its `\\else` has been."""


class _Stop(Exception):  # noqa: N818  # no error: `\q`
    """The file ends here."""


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
        """Take the statements of one file; where its comments stand is returned."""
        lexer = Lexer(source.text)
        conditions: list[_Condition] = []
        try:
            while (span := lexer.next()) is not None:
                active = not conditions or all(one.active for one in conditions)
                if span.kind == "meta":
                    self._meta(source, lexer, span, conditions)
                elif active:
                    self._take(source, lexer, span, span.end)
            if conditions:
                self._tell(source, len(source.text), "", Problem("\\if without \\endif", conditions[-1].position))
        except _Stop:
            while lexer.next() is not None:
                pass  # for its comments
        return tuple(lexer.comments)

    # --- statements ---------------------------------------------------------------------------------------------------

    def _take(self, source: Source, lexer: Lexer, span: Span, end: int, *, by_rows: bool = False) -> None:
        try:
            found = placeholders(source.text, span, end, lexer.comments, self.variables, psql=self.psql)
            read = self._read_statements(source, lexer, span.start, end, found)
        except NotFilledError as error:
            self._tell(source, span.start, source.text[span.start : end], Problem(str(error), source.at(span.start)))
            return
        lacking = [one for one in found if one.value is None]
        for one in read:
            statement = one
            # A slice of an array is no placeholder: what lacks a value is what the parser could not read.
            for other in lacking:
                if one.problem and source.at(other.start) <= one.problem.position < source.at(other.end):
                    statement = replace(one, problem=_lacks(source, other), meta=True)
            if by_rows and not one.problem:
                self.exact = False
                statement = replace(one, tag=GEXEC, unread=_BY_ROWS, inner=())
            if copies_from_stdin(statement):
                behind = lexer.at
                rows, more = lexer.copy_rows()
                self.statements.append(replace(statement, data=rows, end=lexer.at))
                if more:
                    self._tell(source, behind, more, Problem(_BEHIND_COPY, source.at(behind)))
            else:
                self.statements.append(statement if statement.end == lexer.at else replace(statement, end=lexer.at))

    def _read_statements(
        self, source: Source, lexer: Lexer, start: int, end: int, found: Iterable[Placeholder]
    ) -> list[Statement]:
        filled = [one for one in found if one.value is not None]
        if not filled:
            one = parse_statement(source, start, end, lexer.at)
            return [one] if one else []
        self.exact = False
        text = expanded(source, start, end, filled)
        inner = Lexer(text.text + "\n;")
        spans = []
        while (span := inner.next()) is not None:
            if span.kind == "meta":
                raise NotFilledError(f"the value of {filled[0].name} holds a command of psql")
            spans.append(span)
        if spans and spans[-1].end > len(text.text) + 1:
            raise NotFilledError(
                f"a value ({', '.join(one.name for one in filled)}) opens a quote or a comment that does not end"
            )
        every = [parse_statement(text, one.start, min(one.end, len(text.text)), lexer.at) for one in spans]
        return [one for one in every if one]

    def _tell(self, source: Source, start: int, sql: str, problem: Problem) -> None:
        self.statements.append(Statement(sql.rstrip(), source, start, problem=problem, meta=True, end=start + len(sql)))

    # --- commands -----------------------------------------------------------------------------------------------------

    def _meta(self, source: Source, lexer: Lexer, span: Span, conditions: list[_Condition]) -> None:
        done = all(one.active for one in conditions)
        command = meta_commands.command(source.text, span.mark, self.variables if done or conditions[-1].around else {})
        name = command.name
        lexer.move(_end_of_line(source.text, span.mark) if name in _WHOLE_LINE else command.end)
        own = {"if": self._if, "elif": self._elif, "else": self._else, "endif": self._endif}.get(name)
        problem = ""
        if not self.psql:
            own, problem = None, _unclear(name, "what applies this file sends SQL alone")
        elif done and span.start < span.mark and name not in {"g", "gexec"}:
            problem = _unclear(name, "stands inside a statement, where it is not followed")
        elif own:
            self.exact = False
            problem = own(command, source.at(span.mark), conditions)
        elif done:
            problem = self._do(command, source, lexer, span)
        elif not _KNOWN.fullmatch(name):
            problem = _unclear(name, _UNKNOWN)
        if problem:
            if not own:
                lexer.move(_end_of_line(source.text, span.mark))
            text = source.text[span.start : lexer.at]
            self._tell(source, span.start, text, Problem(problem, source.at(span.mark)))

    def _if(self, command: meta_commands.Command, position: Position, conditions: list[_Condition]) -> str:
        around = all(one.active for one in conditions)
        value, problem = _boolean(command) if around else (False, "")
        conditions.append(_Condition(position, around, bool(value), bool(value)))
        return problem

    def _elif(self, command: meta_commands.Command, _position: Position, conditions: list[_Condition]) -> str:
        if not conditions or conditions[-1].last:
            return "\\elif without an \\if before it"
        top = conditions[-1]
        value, problem = _boolean(command) if top.around and not top.taken else (False, "")
        top.active, top.taken = bool(value), top.taken or bool(value)
        return problem

    def _else(self, _command: meta_commands.Command, _position: Position, conditions: list[_Condition]) -> str:
        if not conditions or conditions[-1].last:
            return "\\else without an \\if before it"
        top = conditions[-1]
        top.active, top.last = top.around and not top.taken, True
        return ""

    def _endif(self, _command: meta_commands.Command, _position: Position, conditions: list[_Condition]) -> str:
        if not conditions:
            return "\\endif without an \\if before it"
        conditions.pop()
        return ""

    def _do(self, command: meta_commands.Command, source: Source, lexer: Lexer, span: Span) -> str:
        name = command.name
        if name in _REFUSED or command.problem:
            return _unclear(name, _REFUSED.get(name, command.problem))
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
        except NotFilledError as error:
            return _unclear(name, str(error))
        return ""

    def _restrict(self, command: meta_commands.Command) -> None:
        r"""`\restrict key`, as pg_dump writes it: up to `\unrestrict key` psql takes no other command."""
        key = command.arguments[0] if len(command.arguments) == 1 else ""
        if command.name == "restrict" and self._key is None and key:
            self._key = key
        elif command.name == "unrestrict" and key and self._key == key:
            self._key = None
        else:
            raise NotFilledError("psql refuses it here: see \\restrict")

    def _set(self, command: meta_commands.Command) -> None:
        unsets = command.name == "unset"
        if not command.arguments:
            if unsets:
                raise NotFilledError("names no variable")
            return
        name, value = command.arguments[0], "".join(command.arguments[1:])
        if not _WORD.fullmatch(name):
            raise NotFilledError(f"{name} is no name of a variable")
        if name in _KEPT_ON:
            given = name == "AUTOCOMMIT" if unsets else _truth(value or "on")
            if given is not _KEPT_ON[name]:
                raise NotFilledError(f"migrations are applied with {name} {'on' if _KEPT_ON[name] else 'off'}")
        if len(value) > LONGEST:
            raise NotFilledError(f"the value of {name} grows beyond {LONGEST} characters")
        if unsets:
            self.variables.pop(name, None)
        else:
            self.variables[name] = value

    def _include(self, command: meta_commands.Command, source: Source, mark: int) -> None:
        self.exact = False
        if not command.arguments:
            raise NotFilledError("names no file")
        if self._root is None:
            raise NotFilledError("includes a file, and there is no folder to look for it in")
        beside = command.name in {"ir", "include_relative"}
        being_read = [self._file, *self._including]
        folder = being_read[-1].parent if beside else self._root
        file, text = _included(self._root, folder, command.arguments[0].rstrip(";"))
        told = file.relative_to(self._root).as_posix()
        if file in being_read:
            raise NotFilledError(f"includes {told}, which is being read: a loop")
        if len(being_read) > _DEEPEST:
            raise NotFilledError(f"includes {told}: {_DEEPEST} files include each other already")
        self._files += 1
        self._characters += len(text)
        if self._files > _MOST_FILES or self._characters > _LARGEST:
            raise NotFilledError("too much is included")
        here = source.at(mark)
        self._including.append(file)
        self.read(_Part(text, told, Position(here.line, here.column)))
        self._including.pop()


def _included(root: Path, folder: Path, written: str) -> tuple[Path, str]:
    """A file of the repository and its text. Raises NotFilledError for any other, and where it is no text."""
    try:
        file = (folder / written).resolve()
        if not file.is_relative_to(root) or written.startswith("~"):
            raise NotFilledError(f"leads out of the repository: {written}")
        told = file.relative_to(root).as_posix()
        if not file.is_file():
            where = "the root of the repository" if folder == root else "the folder of the file"
            raise NotFilledError(f"there is no file {told} (looked for from {where})")
        text = file.read_bytes().removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError:
        raise NotFilledError(f"{told} is not UTF-8") from None
    except (OSError, RuntimeError, ValueError) as error:
        if isinstance(error, NotFilledError):
            raise
        raise NotFilledError(f"{written} cannot be read: {error}") from error
    if "\0" in text:
        raise NotFilledError(f"{told} is not text")
    return file, text


def _without_effect(command: meta_commands.Command) -> None:
    """Raise NotFilledError for what changes more than what psql prints."""
    if command.name != "encoding":
        if command.name not in _OUTPUT:
            raise NotFilledError(_UNKNOWN)
    elif "".join(command.arguments).upper().replace("-", "") not in {"UTF8", "UNICODE", ""}:
        raise NotFilledError("names another encoding than UTF-8, which migrations are read as")


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _boolean(command: meta_commands.Command) -> tuple[bool | None, str]:
    if command.problem:
        return None, _unclear(command.name, f"is not judged: {command.problem}")
    written = " ".join(command.arguments)
    value = _truth(written)
    if value is None:
        lacks = ", a variable without a value" if written.startswith(":") else ""
        return None, _unclear(command.name, f"is not judged: {written or 'nothing'} is neither true nor false{lacks}")
    return value, ""


def _truth(written: str) -> bool | None:
    """As psql takes it (ParseVariableBool): a word may be cut, `on` and `off` not to one letter."""
    word = written.casefold()
    if not word or word == "o":
        return None
    if any(one.startswith(word) for one in _TRUE):
        return True
    return False if any(one.startswith(word) for one in _FALSE) else None


def _unclear(name: str, why: str) -> str:
    return f"psql's \\{name} is a command of the client psql, not SQL: {why}"


def _lacks(source: Source, one: Placeholder) -> Problem:
    return Problem(no_value(source.text[one.start : one.end], one.name), source.at(one.start))
