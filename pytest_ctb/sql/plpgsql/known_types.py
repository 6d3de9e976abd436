"""Replace types in the text of a routine that the PL/pgSQL parser does not know.

libpg_query has no catalog: it knows `%TYPE`, built-in types and any name without a schema, but gives up at
`company.stage`. Which type a variable has does not matter to what a body runs, so a `record` or a `text` serves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from pytest_ctb.model import Statement
from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.tokens import Token, scan

_NOT_A_TYPE = {"ALIAS", "CURSOR", "SCROLL", "NO", "RECORD", "REFCURSOR", ";"}
_BEHIND_A_TYPE = {";", ":=", "=", "DEFAULT", "NOT", "COLLATE"}


def with_known_types(statement: Statement, body: str) -> str:
    """The statement with types that the parser knows; `body` is the source text of the routine."""
    if statement.tag == "DO":
        return f"DO {_quoted(_replaced_declarations(body))}"
    tree = libpg_query.parse(statement.sql)
    routine = tree.stmts[0].stmt.create_function_stmt
    for element in routine.parameters:
        parameter = element.function_parameter
        modes = parameter.DESCRIPTOR.fields_by_name["mode"].enum_type.values_by_name
        if parameter.mode == modes["FUNC_PARAM_VARIADIC"].number:  # needs the catalog
            parameter.mode = modes["FUNC_PARAM_IN"].number
        _replace(parameter.arg_type)
    if routine.HasField("return_type"):
        _replace(routine.return_type)
    for option in routine.options:
        if option.def_elem.defname == "as":
            option.def_elem.arg.list.items[0].string.sval = _replaced_declarations(body)
    return libpg_query.deparse(tree)


def _quoted(text: str) -> str:
    tag = "$ctb$"
    while tag in text:
        tag = f"$ctb{len(tag)}$"
    return f"{tag}{text}{tag}"


def _replace(type_name: Any) -> None:
    """Replace the type of an argument or a result, where it has a schema."""
    if len(type_name.names) > 1 and type_name.names[0].string.sval != "pg_catalog":
        del type_name.names[1:]
        type_name.names[0].string.sval = "text" if type_name.array_bounds else "record"
        type_name.pct_type = False


def _replaced_declarations(body: str) -> str:
    """The body with replaced types in its DECLARE sections."""
    tokens = scan(body)
    fields = {token.word for token, dot in pairwise(tokens) if dot.word == "."}
    pieces, at = [], 0
    for name, kind in _declarations(tokens):
        word = _known_type(kind, is_record=name.word in fields)
        if word:
            pieces += [body[at : kind[0].start], word]
            at = kind[-1].end
    return "".join([*pieces, body[at:]])


def _declarations(tokens: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """The name and the type (its tokens) of each variable."""
    index = 0
    declaring = False
    while index < len(tokens):
        word = tokens[index].word
        if word in {"DECLARE", "BEGIN"}:
            declaring = word == "DECLARE"
        elif declaring:
            start = index + 1 + (index + 1 < len(tokens) and tokens[index + 1].word == "CONSTANT")
            end = start
            while end < len(tokens) and tokens[end].word not in _BEHIND_A_TYPE and tokens[end].word != "[":
                end += 1
            if end > start:
                yield tokens[index], tokens[start:end]
            while index < len(tokens) and tokens[index].word != ";":
                index += 1
        index += 1


def _known_type(kind: Sequence[Token], *, is_record: bool) -> str:
    """The type to write instead; empty where the parser knows the type."""
    words = [token.word for token in kind]
    if words[0] in _NOT_A_TYPE or words[-2:] == ["%", "TYPE"]:
        return ""
    if words[-2:] == ["%", "ROWTYPE"]:
        return "record"
    if len(words) == 1 or "." in words:
        return "record" if is_record else "text"
    return ""
