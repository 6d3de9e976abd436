"""The statements that a DO block or a function's body holds, as far as the body can be read without running it.

PL/pgSQL is read by Postgres's own parser for it (libpg_query), `LANGUAGE sql` bodies as SQL. An EXECUTE is folded as
far as its string is constant: literals, `||`, and `format` with its arguments; what stays unknown becomes a name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import postgast
from google.protobuf.message import DecodeError
from postgast.native import lib

if TYPE_CHECKING:
    from pytest_ctb.model import Statement

# libpg_query 18.0 writes `{}}` for each of a trigger function's built-in variables and so breaks its own JSON:
# https://github.com/pganalyze/libpg_query/issues/337. No list of valid JSON holds `[{}}` or `,{}}` outside a string.
_JSON_STRING_OR_BROKEN = re.compile(r'"(?:[^"\\]|\\.)*"|(?<=[\[,])\{\}\}')

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
_FORMAT = re.compile(r"%(?:(\d+)\$)?[-\d]*([sIL%])")
UNKNOWN = "ctb_unknown"


@dataclass(frozen=True)
class _Found:
    """A statement in a body: its SQL, its line (1-based within the body) and what stands around it."""

    sql: str
    line: int
    guarded: bool
    constant: bool
    """Its text stands in the body as it is; else it was folded from an EXECUTE."""


def inner(statement: Statement) -> tuple[Statement, ...]:
    """The statements inside a DO block or a function; empty for any other statement, or where nothing can be read."""
    if statement.kind not in {"do_stmt", "create_function_stmt"}:
        return ()
    body = _Body.of(statement)
    if body is None:
        return ()
    if body.language == "plpgsql":
        found = list(_plpgsql(statement.sql))
    elif body.language == "sql":
        found = [_Found(body.text, 1, guarded=False, constant=True)]
    else:
        return ()
    return tuple(parsed for one in found for parsed in _parsed(statement, body, one))


def body_start(statement: Statement) -> int:
    """Where the body of a DO block or a function starts in its statement (characters); 0 where there is none."""
    body = _Body.of(statement)
    return body.start if body else 0


@dataclass(frozen=True)
class _Body:
    """A routine's source text, and where it starts in the statement (characters)."""

    language: str
    text: str
    start: int

    @classmethod
    def of(cls, statement: Statement) -> _Body | None:
        node = statement.body
        language, text, location = "plpgsql" if statement.kind == "do_stmt" else "sql", None, 0
        for option in node.args if statement.kind == "do_stmt" else node.options:
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
        return cls(language, text, start if start >= 0 else after)


def _plpgsql(sql: str) -> Iterator[_Found]:
    result = lib.pg_query_parse_plpgsql(sql.encode())
    try:
        if result.error:
            return
        text = result.plpgsql_funcs.decode()
    finally:
        lib.pg_query_free_plpgsql_parse_result(result)
    repaired = _JSON_STRING_OR_BROKEN.sub(lambda m: m[0] if m[0][0] == '"' else "{}", text)
    for function in json.loads(repaired):
        yield from _statements(function.get("PLpgSQL_function", {}).get("action", {}), line=1, guarded=False)


def _statements(node: Any, *, line: int, guarded: bool) -> Iterator[_Found]:
    if isinstance(node, list):
        for one in node:
            yield from _statements(one, line=line, guarded=guarded)
            # `IF EXISTS (…) THEN RETURN; END IF;` decides over all that follows.
            guarded = guarded or ("PLpgSQL_stmt_if" in one and "PLpgSQL_stmt_return" in json.dumps(one))
        return
    if not isinstance(node, dict):
        return
    line = node.get("lineno", line)
    guarded = guarded or "exceptions" in node
    for key, value in node.items():
        if key == "PLpgSQL_stmt_dynexecute":
            folded = _fold_expression(value.get("query", {}).get("PLpgSQL_expr", {}).get("query", ""))
            if folded is not None:
                yield _Found(folded, value.get("lineno", line), guarded=guarded, constant=False)
        elif key in {"PLpgSQL_stmt_commit", "PLpgSQL_stmt_rollback"}:
            yield _Found(key.rpartition("_")[2], value.get("lineno", line), guarded=False, constant=True)
        elif key == "PLpgSQL_expr" and value.get("parseMode") == _WHOLE_STATEMENT:
            yield _Found(value["query"], line, guarded=guarded, constant=True)
        else:
            yield from _statements(value, line=line, guarded=guarded or key in _DECIDES)


def _fold_expression(sql: str) -> str | None:
    try:
        stmts = postgast.parse(f"SELECT {sql}").stmts
    except postgast.PgQueryError:
        return None
    return _fold(stmts[0].stmt.select_stmt.target_list[0].res_target.val)


def _fold(node: Any) -> str | None:
    """The text of a constant expression, unknown parts replaced by a name; None where nothing of it is constant."""
    kind = node.WhichOneof("node")
    if kind == "a_const" and node.a_const.WhichOneof("val") == "sval":
        return str(node.a_const.sval.sval)
    if kind == "type_cast":
        return _fold(node.type_cast.arg)
    if kind == "a_expr" and [name.string.sval for name in node.a_expr.name] == ["||"]:
        return _join([_fold(node.a_expr.lexpr), _fold(node.a_expr.rexpr)])
    if kind == "func_call":
        return _fold_call(node.func_call.funcname[-1].string.sval, [_fold(arg) for arg in node.func_call.args])
    return None


def _fold_call(name: str, args: list[str | None]) -> str | None:
    first = args[0] if args else None
    if name == "concat":
        return _join(args)
    if first is None:
        return None
    if name == "format":
        return _fold_format(first, args[1:])
    if name in {"quote_ident", "quote_literal"}:
        return _quote(first, '"' if name == "quote_ident" else "'")
    return None


def _join(parts: list[str | None]) -> str | None:
    if all(part is None for part in parts):
        return None
    return "".join(UNKNOWN if part is None else part for part in parts)


def _quote(text: str, mark: str) -> str:
    return mark + text.replace(mark, mark * 2) + mark


def _fold_format(pattern: str, args: list[str | None]) -> str:
    following = iter(range(len(args)))

    def fill(found: re.Match[str]) -> str:
        number, letter = found[1], found[2]
        if letter == "%":
            return "%"
        index = int(number) - 1 if number else next(following, len(args))
        value = args[index] if 0 <= index < len(args) else None
        if letter == "L":
            return _quote(value or UNKNOWN, "'")
        if value is None:
            return UNKNOWN
        return _quote(value, '"') if letter == "I" else value

    return _FORMAT.sub(fill, pattern)


def _parsed(outer: Statement, body: _Body, found: _Found) -> Iterator[Statement]:
    """Give each statement that `found` holds a place in the file; what does not parse is left to the server."""
    try:
        nodes = postgast.parse(found.sql).stmts
    except (postgast.PgQueryError, DecodeError, RecursionError):
        return
    line_start = body.start + _offset_of_line(outer.sql[body.start :], found.line)
    at = outer.sql.find(found.sql, line_start) if found.constant else -1
    if at < 0:
        rest = outer.sql[line_start:]
        at = line_start + len(rest) - len(rest.lstrip())
    verbatim = outer.verbatim and found.constant and outer.sql.startswith(found.sql, at)
    encoded = found.sql.encode()
    for node in nodes:
        before = len(encoded[: node.stmt_location].decode(errors="ignore"))
        end = node.stmt_location + node.stmt_len if node.stmt_len else len(encoded)
        sql = encoded[node.stmt_location : end].decode(errors="ignore")
        # Parsed once more where it does not come first, so that its locations count from its own start.
        tree = (postgast.parse(sql).stmts[0] if before else node).stmt
        kind = tree.WhichOneof("node")
        statement = replace(
            outer,
            sql=sql,
            start=outer.start + ((at + (before if verbatim else 0)) if outer.verbatim else 0),
            kind=kind,
            body=getattr(tree, kind),
            inner=(),
            guarded=found.guarded or outer.guarded,
            verbatim=verbatim,
        )
        yield replace(statement, inner=inner(statement))


def _offset_of_line(text: str, line: int) -> int:
    at = 0
    for _ in range(line - 1):
        end = text.find("\n", at)
        if end < 0:
            return at
        at = end + 1
    return at
