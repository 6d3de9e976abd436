"""The calls of the parser, libpg_query: none of them can end the process, however deep a text nests.

What its C code needs of the stack goes by the levels of the tree, and those by the length of the text. Seen were 263
bytes a character to read (`a[a[a[1]]]`), 20 for a body of PL/pgSQL, and 1,000 a level to write a tree as SQL.
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
"""What is raised for a text that nests too deep to be read."""
_PER_CHARACTER = 512
_PER_CHARACTER_OF_A_BODY = 64
# libpg_query 18.0 writes `{}}` for each of a trigger function's built-in variables and so breaks its own JSON:
# https://github.com/pganalyze/libpg_query/issues/337. No list of valid JSON holds `[{}}` or `,{}}` outside a string.
_JSON_STRING_OR_BROKEN = re.compile(r'"(?:[^"\\]|\\.)*"|(?<=[\[,])\{\}\}')


def parse(sql: str) -> Any:
    """The statements of a text, as trees. Raises PgQueryError, and one of TOO_DEEP."""
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
    """What a text has in common with others of its form. Raises PgQueryError, and one of TOO_DEEP."""
    return str(call_with_stack(_stack(sql), postgast.fingerprint, sql).hex)


def deparse(tree: Any) -> str:
    """A tree as SQL."""
    return str(call_with_stack(DEEP, postgast.deparse, tree))


def plpgsql(sql: str) -> Any:
    """The tree of a DO block or a function. Raises PgQueryError, and one of TOO_DEEP."""
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
    """Bytes that the reading of a text may need."""
    needed = _PER_CHARACTER * len(sql)
    return needed if needed <= LARGEST else _PER_CHARACTER * nesting(sql)
