"""Read the statements inside a DO block or the body of a function.

PL/pgSQL is read with the parser of Postgres (libpg_query), `LANGUAGE sql` bodies as SQL, the string of an EXECUTE as
far as it is constant (`dynamic_sql`).
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
from pytest_ctb.sql.plpgsql.known_types import with_known_types
from pytest_ctb.sql.tags import command_tag, control
from pytest_ctb.sql.tokens import scan
from pytest_ctb.sql.tree import Tree, node_of, parse_tree

if TYPE_CHECKING:
    from pytest_ctb.model import Statement

ROUTINES = frozenset({"DO", "CREATE FUNCTION", "CREATE PROCEDURE"})
"""The command tags of statements that hold others."""
# A statement in one of these runs only under a condition, and so counts as guarded.
_CONDITIONAL = {
    "PLpgSQL_stmt_if",
    "PLpgSQL_stmt_case",
    "PLpgSQL_stmt_while",
    "PLpgSQL_stmt_fors",
    "PLpgSQL_stmt_dynfors",
}
# Where PL/pgSQL keeps a whole SQL statement (parseMode 0); expressions are parsed in other modes.
_WHOLE_STATEMENT = 0
_ERROR = 21
"""The level of a RAISE that is an error (src/include/utils/elog.h)."""
_DEEPEST = 20
"""The most levels of bodies inside bodies."""


class _InnerText(NamedTuple):
    """The text of a statement in a body, with its line (1-based within the body)."""

    sql: str
    line: int
    guarded: bool
    constant: bool
    """It stands in the body as it is; else it was computed for an EXECUTE."""
    conditions: tuple[str, ...] = ()
    """The conditions of the IFs around it."""


def inner_statements(statement: Statement, depth: int = 0) -> tuple[tuple[Statement, ...], str]:
    """The statements inside a DO block or a function, and the reason where its body cannot be read (else empty).

    There are none in any other statement, and in a body of another language than PL/pgSQL and SQL. `depth`: the number
    of bodies around this statement.
    """
    body = _Body.of(statement) if statement.tag in ROUTINES else None
    if body is None or body.language not in {"plpgsql", "sql"}:
        return (), ""
    if depth == _DEEPEST:
        return (), "it nests too deep"
    try:
        if body.language == "plpgsql":
            texts = _plpgsql(statement, body)
        else:
            texts = [_InnerText(body.text, 1, guarded=False, constant=True)]
        return tuple(parsed for text in texts for parsed in _parse(statement, body, text, depth)), ""
    except postgast.PgQueryError as error:
        return (), error.message
    except libpg_query.TOO_DEEP:
        return (), "it nests too deep"


def line_of_body(statement: Statement, number: int) -> int:
    """The offset (characters) in a statement of the first word on a line of its body (1-based)."""
    body = _Body.of(statement)
    return body.first_word(body.line(number), execute=False) if body else 0


@dataclass(frozen=True)
class _Body:
    """The source text of a routine, and its offset (characters) in the statement."""

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
        return [self.start + token.start for token in scan(self.text) if token.word == "EXECUTE"] if literal else []

    def line(self, number: int) -> int:
        """The offset of a line of the body, as PL/pgSQL counts lines; of the last line where the body has fewer."""
        return self._lines[min(number, len(self._lines)) - 1]

    def first_word(self, start: int, *, execute: bool) -> int:
        """The offset of the first word of the line that starts at `start`; with `execute` that of its first EXECUTE."""
        newline = self.sql.find("\n", start)
        line = self.sql[start : newline if newline >= 0 else None]
        index = bisect_left(self._executes, start) if execute else len(self.text)
        execute_at = self._executes[index] if index < len(self._executes) else len(self.sql)
        return execute_at if execute_at < start + len(line) else start + len(line) - len(line.lstrip())


def variables(statement: Statement) -> frozenset[str]:
    """The names of the variables of a PL/pgSQL body; none of any other, or of one that cannot be read."""
    body = _Body.of(statement)
    if body is None or body.language != "plpgsql":
        return frozenset()
    try:
        datums = _function(statement, body).get("datums", ())
    except (postgast.PgQueryError, *libpg_query.TOO_DEEP):
        return frozenset()
    return frozenset(value["refname"] for datum in datums for value in datum.values() if "refname" in value)


def _function(statement: Statement, body: _Body) -> Any:
    try:
        return libpg_query.plpgsql(statement.sql)
    except postgast.PgQueryError as error:
        try:
            return libpg_query.plpgsql(with_known_types(statement, body.text))
        except postgast.PgQueryError:
            raise error from None  # its position is that in the file


def _plpgsql(statement: Statement, body: _Body) -> list[_InnerText]:
    function = _function(statement, body)
    body_reader = _Reader(function.get("datums", ()))
    return list(body_reader.read(function.get("action", {}), line=1, guarded=False))


class _Reader:
    """Walks the tree of a body in the order of execution, and keeps the values of its variables."""

    def __init__(self, datums: Iterable[Any]) -> None:
        self._variables = Variables()
        self._conditions: list[str] = []
        for datum in datums:
            variable = datum.get("PLpgSQL_var", {})
            if "default_val" in variable:
                self._variables.put(variable["refname"], self._folded(variable["default_val"]), maybe=False)

    def _folded(self, holder: Any) -> tuple[str | None, ...]:
        return self._variables.fold(_query(holder))

    def read(self, node: Any, *, line: int, guarded: bool) -> Iterator[_InnerText]:
        """The statements under a node."""
        around = len(self._conditions)
        if isinstance(node, list):
            for child in node:
                yield from self.read(child, line=line, guarded=guarded)
                # `IF EXISTS (…) THEN RETURN; END IF;` guards all that follows.
                if "PLpgSQL_stmt_if" in child and "PLpgSQL_stmt_return" in json.dumps(child):
                    guarded = True
                    self._conditions += _negated(child["PLpgSQL_stmt_if"])
        elif isinstance(node, dict):
            line = node.get("lineno", line)
            guarded = guarded or "exceptions" in node
            self._conditions += ["false"] if _catches_missing(node.get("exceptions")) else []
            for key in sorted(node, key=lambda child: child == "body"):  # a loop's query stands behind its body
                yield from self._read(key, node[key], line=line, guarded=guarded)
        del self._conditions[around:]

    def _read(self, key: str, value: Any, *, line: int, guarded: bool) -> Iterator[_InnerText]:
        if key == "PLpgSQL_stmt_dynexecute":
            for text in self._folded(value.get("query", {})):
                if text is not None:
                    at = value.get("lineno", line)
                    yield _InnerText(text, at, guarded=guarded, constant=False, conditions=tuple(self._conditions))
        elif key in {"PLpgSQL_stmt_commit", "PLpgSQL_stmt_rollback"}:
            yield _InnerText(key.rpartition("_")[2], value.get("lineno", line), guarded=guarded, constant=True)
        elif key == "PLpgSQL_expr" and value.get("parseMode") == _WHOLE_STATEMENT:
            yield _InnerText(value["query"], line, guarded, constant=True, conditions=tuple(self._conditions))
        elif key == "PLpgSQL_stmt_assign":
            self._variables.assign(_query(value["expr"]), maybe=guarded)
        elif key == "PLpgSQL_stmt_if":
            for condition, statements in _branches(value):
                self._conditions.append(condition)
                yield from self.read(statements, line=line, guarded=True)
                self._conditions.pop()
        else:
            if key == "PLpgSQL_stmt_execsql" and value.get("into"):
                self._select(value["sqlstmt"], value.get("target", {}), maybe=guarded)
            elif key == "PLpgSQL_stmt_fors":
                self._select(value["query"], value.get("var", {}), maybe=guarded)
            yield from self.read(value, line=line, guarded=guarded or key in _CONDITIONAL)

    def _select(self, query: Any, target: Any, *, maybe: bool) -> None:
        names = [field.get("name", "") for field in target.get("PLpgSQL_row", {}).get("fields", ())]
        record = target.get("PLpgSQL_rec", {}).get("refname", "")
        self._variables.select(_query(query), names, record, maybe=maybe)


def _branches(branching: Any) -> Iterator[tuple[str, Any]]:
    """The branches of an IF, each with its condition."""
    yield _query(branching["cond"]), branching.get("then_body", [])
    for branch in branching.get("elsif_list", ()):
        yield _query(branch["PLpgSQL_if_elsif"]["cond"]), branch["PLpgSQL_if_elsif"].get("stmts", [])
    yield "true", branching.get("else_body", [])


def _negated(branching: Any) -> list[str]:
    """The condition under which statements behind an IF run, where all of that IF is that it ends the body."""
    ends = "PLpgSQL_stmt_return" in json.dumps(branching.get("then_body", []))
    alone = "elsif_list" not in branching and "else_body" not in branching
    return [f"NOT ({_query(branching['cond'])})"] if ends and alone else []


def _catches_missing(exceptions: Any) -> bool:
    """Whether an EXCEPTION clause catches the error for a missing table, and raises no other."""
    for handler in (exceptions or {}).get("PLpgSQL_exception_block", {}).get("exc_list", ()):
        exception = handler["PLpgSQL_exception"]
        names = {condition["PLpgSQL_condition"]["condname"] for condition in exception.get("conditions", ())}
        if names & {"undefined_table", "others"}:
            return f'"elog_level": {_ERROR}' not in json.dumps(exception.get("action", []))
    return False


def _query(holder: Any) -> str:
    return str(holder.get("PLpgSQL_expr", {}).get("query", ""))


def _parse(outer: Statement, body: _Body, text: _InnerText, depth: int) -> Iterator[Statement]:
    """Parse a text of a body into statements of the file; dynamic SQL that does not parse is left out."""
    try:
        nodes = libpg_query.parse(text.sql).stmts
    except (postgast.PgQueryError, *libpg_query.TOO_DEEP):
        if text.constant:
            raise
        return
    line_start = body.line(text.line)
    at = outer.sql.find(text.sql, line_start) if text.constant else -1
    if at < 0:
        at = body.first_word(line_start, execute=not text.constant)
    verbatim = outer.verbatim and text.constant and outer.sql.startswith(text.sql, at)
    encoded = text.sql.encode()
    for node in nodes:
        before = len(encoded[: node.stmt_location].decode(errors="ignore"))
        end = node.stmt_location + node.stmt_len if node.stmt_len else len(encoded)
        sql = encoded[node.stmt_location : end].decode(errors="ignore")
        # Parsed again where it is not the first, so that its locations count from its own start.
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
            guarded=text.guarded or outer.guarded,
            conditions=(*outer.conditions, *text.conditions),
            verbatim=verbatim,
        )
        nested, unread = inner_statements(statement, depth + 1)
        yield replace(statement, inner=nested, unread=unread)
