"""The statements that a DO block or a function's body holds, as far as the body can be read without running it.

PL/pgSQL is read by Postgres's own parser for it (libpg_query), `LANGUAGE sql` bodies as SQL, an EXECUTE as far as its
string is constant.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import postgast

from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.plpgsql.dynamic_sql import Variables
from pytest_ctb.sql.plpgsql.known_types import with_stand_ins
from pytest_ctb.sql.tags import command_tag, control
from pytest_ctb.sql.tokens import scan
from pytest_ctb.sql.tree import Tree, node_of, parse_tree

if TYPE_CHECKING:
    from pytest_ctb.model import Statement

ROUTINES = frozenset({"DO", "CREATE FUNCTION", "CREATE PROCEDURE"})
"""The statements that hold others, by their tags."""
# A statement in one of these may run or not: the migration has thought about it.
_DECIDES = {
    "PLpgSQL_stmt_if",
    "PLpgSQL_stmt_case",
    "PLpgSQL_stmt_while",
    "PLpgSQL_stmt_fors",
    "PLpgSQL_stmt_dynfors",
}
# Where PL/pgSQL keeps a whole SQL statement (parseMode 0); expressions are parsed in other modes.
_WHOLE_STATEMENT = 0
_DEEPEST = 20
"""How many bodies may stand one in the other."""


class _Found(NamedTuple):
    """A statement in a body: its SQL, its line (1-based within the body) and what stands around it."""

    sql: str
    line: int
    guarded: bool
    constant: bool
    """Its text stands in the body as it is; else it was folded from an EXECUTE."""


def inside(statement: Statement, depth: int = 0) -> tuple[tuple[Statement, ...], str]:
    """The statements inside a DO block or a function, and why they cannot be told where they cannot.

    None for any other statement, and for a body in a language that is neither PL/pgSQL nor SQL. `depth`: how many
    bodies it stands in.
    """
    body = _Body.of(statement) if statement.tag in ROUTINES else None
    if body is None or body.language not in {"plpgsql", "sql"}:
        return (), ""
    if depth == _DEEPEST:
        return (), "it nests too deep"
    try:
        if body.language == "plpgsql":
            found = _plpgsql(statement, body)
        else:
            found = [_Found(body.text, 1, guarded=False, constant=True)]
        return tuple(parsed for one in found for parsed in _parsed(statement, body, one, depth)), ""
    except postgast.PgQueryError as error:
        return (), error.message
    except libpg_query.TOO_DEEP:
        return (), "it nests too deep"


def line_of_body(statement: Statement, number: int) -> int:
    """Where the first word on a line of a DO block stands in the statement (characters)."""
    body = _Body.of(statement)
    return body.first_word(body.line(number), execute=False) if body else 0


@dataclass(frozen=True)
class _Body:
    """A routine's source text, and where it starts in the statement (characters)."""

    language: str
    text: str
    start: int
    sql: str

    @classmethod
    def of(cls, statement: Statement) -> _Body | None:
        node = parse_tree(statement)
        language, text, location = "plpgsql" if statement.tag == "DO" else "sql", None, 0
        for option in node.args if statement.tag == "DO" else node.options:
            element = option.def_elem
            if element.defname == "language":
                language = element.arg.string.sval.lower()
            elif element.defname == "as":
                location = element.location
                is_list = element.arg.WhichOneof("node") == "list"
                items = element.arg.list.items if is_list else [element.arg]
                text = items[0].string.sval if len(items) == 1 else None  # two: a C function's file and symbol
        if text is None:
            return None
        after = len(statement.sql.encode()[:location].decode(errors="ignore"))
        start = statement.sql.find(text, after)  # not found: the body is quoted with '…' and holds escapes
        return cls(language, text, start if start >= 0 else after, statement.sql)

    @cached_property
    def _lines(self) -> list[int]:
        starts, at = [self.start], self.sql.find("\n", self.start)
        while at >= 0:
            starts.append(at + 1)
            at = self.sql.find("\n", at + 1)
        return starts

    @cached_property
    def _executes(self) -> list[int]:
        literal = self.sql.startswith(self.text, self.start)
        return [self.start + one.start for one in scan(self.text) if one.word == "EXECUTE"] if literal else []

    def line(self, number: int) -> int:
        """Where a line of the body starts, as PL/pgSQL counts them; the last one, where the body has fewer."""
        return self._lines[min(number, len(self._lines)) - 1]

    def first_word(self, start: int, *, execute: bool) -> int:
        """Where the first word of a line that starts here stands, or its first EXECUTE."""
        newline = self.sql.find("\n", start)
        line = self.sql[start : newline if newline >= 0 else None]
        index = bisect_left(self._executes, start) if execute else len(self.text)
        found = self._executes[index] if index < len(self._executes) else len(self.sql)
        return found if found < start + len(line) else start + len(line) - len(line.lstrip())


def _plpgsql(statement: Statement, body: _Body) -> list[_Found]:
    try:
        function = libpg_query.plpgsql(statement.sql)
    except postgast.PgQueryError as error:
        try:
            function = libpg_query.plpgsql(with_stand_ins(statement, body.text))
        except postgast.PgQueryError:
            raise error from None  # that of the text which stands in the file
    body_reader = _Reader(function.get("datums", ()))
    return list(body_reader.read(function.get("action", {}), line=1, guarded=False))


class _Reader:
    """Walks the tree of a body in the order in which it runs, and keeps what its variables hold."""

    def __init__(self, datums: Iterable[Any]) -> None:
        self._variables = Variables()
        for one in datums:
            variable = one.get("PLpgSQL_var", {})
            if "default_val" in variable:
                self._variables.put(variable["refname"], self._folded(variable["default_val"]), maybe=False)

    def _folded(self, holder: Any) -> tuple[str | None, ...]:
        return self._variables.fold(_query(holder))

    def read(self, node: Any, *, line: int, guarded: bool) -> Iterator[_Found]:
        """The statements under a node."""
        if isinstance(node, list):
            for one in node:
                yield from self.read(one, line=line, guarded=guarded)
                # `IF EXISTS (…) THEN RETURN; END IF;` decides over all that follows.
                guarded = guarded or ("PLpgSQL_stmt_if" in one and "PLpgSQL_stmt_return" in json.dumps(one))
        elif isinstance(node, dict):
            line = node.get("lineno", line)
            guarded = guarded or "exceptions" in node
            for key in sorted(node, key=lambda one: one == "body"):  # a loop's query stands behind its body
                yield from self._read(key, node[key], line=line, guarded=guarded)

    def _read(self, key: str, value: Any, *, line: int, guarded: bool) -> Iterator[_Found]:
        if key == "PLpgSQL_stmt_dynexecute":
            for text in self._folded(value.get("query", {})):
                if text is not None:
                    yield _Found(text, value.get("lineno", line), guarded=guarded, constant=False)
        elif key in {"PLpgSQL_stmt_commit", "PLpgSQL_stmt_rollback"}:
            yield _Found(key.rpartition("_")[2], value.get("lineno", line), guarded=False, constant=True)
        elif key == "PLpgSQL_expr" and value.get("parseMode") == _WHOLE_STATEMENT:
            yield _Found(value["query"], line, guarded=guarded, constant=True)
        elif key == "PLpgSQL_stmt_assign":
            self._variables.assign(_query(value["expr"]), maybe=guarded)
        else:
            if key == "PLpgSQL_stmt_execsql" and value.get("into"):
                self._select(value["sqlstmt"], value.get("target", {}), maybe=guarded)
            elif key == "PLpgSQL_stmt_fors":
                self._select(value["query"], value.get("var", {}), maybe=guarded)
            yield from self.read(value, line=line, guarded=guarded or key in _DECIDES)

    def _select(self, query: Any, target: Any, *, maybe: bool) -> None:
        names = [one.get("name", "") for one in target.get("PLpgSQL_row", {}).get("fields", ())]
        record = target.get("PLpgSQL_rec", {}).get("refname", "")
        self._variables.select(_query(query), names, record, maybe=maybe)


def _query(holder: Any) -> str:
    return str(holder.get("PLpgSQL_expr", {}).get("query", ""))


def _parsed(outer: Statement, body: _Body, found: _Found, depth: int) -> Iterator[Statement]:
    """Give each statement that `found` holds a place in the file; what does not parse is left to the server."""
    try:
        nodes = libpg_query.parse(found.sql).stmts
    except (postgast.PgQueryError, *libpg_query.TOO_DEEP):
        if found.constant:
            raise
        return
    line_start = body.line(found.line)
    at = outer.sql.find(found.sql, line_start) if found.constant else -1
    if at < 0:
        at = body.first_word(line_start, execute=not found.constant)
    verbatim = outer.verbatim and found.constant and outer.sql.startswith(found.sql, at)
    encoded = found.sql.encode()
    for node in nodes:
        before = len(encoded[: node.stmt_location].decode(errors="ignore"))
        end = node.stmt_location + node.stmt_len if node.stmt_len else len(encoded)
        sql = encoded[node.stmt_location : end].decode(errors="ignore")
        # Parsed once more where it does not come first, so that its locations count from its own start.
        tree = node_of(libpg_query.parse(sql).stmts[0] if before else node)
        statement = replace(
            outer,
            sql=sql,
            start=outer.start + ((at + (before if verbatim else 0)) if outer.verbatim else 0),
            tag=command_tag(tree),
            control=control(tree),
            _tree=Tree(tree, len(sql)),
            end=0,
            inner=(),
            guarded=found.guarded or outer.guarded,
            verbatim=verbatim,
        )
        held, unread = inside(statement, depth + 1)
        yield replace(statement, inner=held, unread=unread)
