"""Call the parser, libpg_query, with enough stack: a deeply nested text would crash the process.

Its C code recurses with the levels of the tree, of which a text has at most one for each character. Measured: 263
bytes of stack a character to parse (`a[a[a[1]]]`), 20 for a body of PL/pgSQL, 1,000 a level to write a tree as SQL.
"""

from __future__ import annotations

import ctypes
import json
import re
from typing import Any

import postgast
from google.protobuf.message import DecodeError
from postgast.errors import check_error
from postgast.native import lib

from pytest_ctb.sql.lexer import nesting
from pytest_ctb.sql.stack import DEEP, LARGEST, call_with_stack, from_bytes

TOO_DEEP = (DecodeError, RecursionError)
"""The exceptions for a text that nests too deep to be read."""
_PER_CHARACTER = 512
_PER_CHARACTER_OF_A_BODY = 64
# libpg_query 18.0 writes `{}}` for each of a trigger function's built-in variables and so breaks its own JSON:
# https://github.com/pganalyze/libpg_query/issues/337. No list of valid JSON holds `[{}}` or `,{}}` outside a string.
_JSON_STRING_OR_BROKEN = re.compile(r'"(?:[^"\\]|\\.)*"|(?<=[\[,])\{\}\}')


def parse(sql: str) -> Any:
    """The parse result of a text. Raises PgQueryError for a syntax error, and those of TOO_DEEP."""
    data = call_with_stack(_stack(sql), _parsed, sql.encode())
    return from_bytes(postgast.ParseResult, data, len(sql))


def _parsed(sql: bytes) -> bytes:
    result = lib.pg_query_parse_protobuf(sql)
    try:
        check_error(result)
        return ctypes.string_at(result.parse_tree.data, result.parse_tree.len)
    finally:
        lib.pg_query_free_protobuf_parse_result(result)


def fingerprint(sql: str) -> str:
    """The fingerprint of a text, which texts of the same form share. Raises as `parse` does."""
    return str(call_with_stack(_stack(sql), postgast.fingerprint, sql).hex)


def deparse(tree: Any) -> str:
    """Write a tree as SQL."""
    return str(call_with_stack(DEEP, postgast.deparse, tree))


def plpgsql(sql: str) -> Any:
    """The PL/pgSQL tree of a DO block or a function, as JSON values. Raises as `parse` does."""
    text = call_with_stack(_PER_CHARACTER_OF_A_BODY * len(sql), _plpgsql, sql.encode())
    repaired = _JSON_STRING_OR_BROKEN.sub(lambda m: m[0] if m[0][0] == '"' else "{}", text)
    functions = json.loads(repaired)
    return functions[0].get("PLpgSQL_function", {}) if functions else {}


def _plpgsql(sql: bytes) -> str:
    result = lib.pg_query_parse_plpgsql(sql)
    try:
        check_error(result)
        return str(result.plpgsql_funcs.decode())
    finally:
        lib.pg_query_free_plpgsql_parse_result(result)


def _stack(sql: str) -> int:
    """How many bytes of stack parsing a text may need."""
    needed = _PER_CHARACTER * len(sql)
    return needed if needed <= LARGEST else _PER_CHARACTER * nesting(sql)
