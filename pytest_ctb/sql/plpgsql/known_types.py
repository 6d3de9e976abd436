"""A routine's text with stand-ins for types that the PL/pgSQL parser cannot know.

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


def with_stand_ins(statement: Statement, body: str) -> str:
    """The statement with types that the parser knows; `body` is what stands between its quotes."""
    if statement.tag == "DO":
        return f"DO {_quoted(_declared(body))}"
    tree = libpg_query.parse(statement.sql)
    routine = tree.stmts[0].stmt.create_function_stmt
    for one in routine.parameters:
        parameter = one.function_parameter
        modes = parameter.DESCRIPTOR.fields_by_name["mode"].enum_type.values_by_name
        if parameter.mode == modes["FUNC_PARAM_VARIADIC"].number:  # it would ask the catalog for the array
            parameter.mode = modes["FUNC_PARAM_IN"].number
        _replace(parameter.arg_type)
    if routine.HasField("return_type"):
        _replace(routine.return_type)
    for option in routine.options:
        if option.def_elem.defname == "as":
            option.def_elem.arg.list.items[0].string.sval = _declared(body)
    return libpg_query.deparse(tree)


def _quoted(text: str) -> str:
    tag = "$ctb$"
    while tag in text:
        tag = f"$ctb{len(tag)}$"
    return f"{tag}{text}{tag}"


def _replace(type_name: Any) -> None:
    """Put a stand-in for the type of an argument or a result, where it has a schema."""
    if len(type_name.names) > 1 and type_name.names[0].string.sval != "pg_catalog":
        del type_name.names[1:]
        type_name.names[0].string.sval = "text" if type_name.array_bounds else "record"
        type_name.pct_type = False


def _declared(body: str) -> str:
    """The body with stand-ins in its DECLARE sections."""
    found = scan(body)
    fields = {one.word for one, dot in pairwise(found) if dot.word == "."}
    pieces, at = [], 0
    for name, kind in _declarations(found):
        word = _stand_in(kind, is_record=name.word in fields)
        if word:
            pieces += [body[at : kind[0].start], word]
            at = kind[-1].end
    return "".join([*pieces, body[at:]])


def _declarations(found: Sequence[Token]) -> Iterator[tuple[Token, Sequence[Token]]]:
    """The name and the type (its tokens) of each variable."""
    index = 0
    declaring = False
    while index < len(found):
        word = found[index].word
        if word in {"DECLARE", "BEGIN"}:
            declaring = word == "DECLARE"
        elif declaring:
            start = index + 1 + (index + 1 < len(found) and found[index + 1].word == "CONSTANT")
            end = start
            while end < len(found) and found[end].word not in _BEHIND_A_TYPE and found[end].word != "[":
                end += 1
            if end > start:
                yield found[index], found[start:end]
            while index < len(found) and found[index].word != ";":
                index += 1
        index += 1


def _stand_in(kind: Sequence[Token], *, is_record: bool) -> str:
    """What to write for a type; empty where it may stay."""
    words = [one.word for one in kind]
    if words[0] in _NOT_A_TYPE or words[-2:] == ["%", "TYPE"]:
        return ""
    if words[-2:] == ["%", "ROWTYPE"]:
        return "record"
    if len(words) == 1 or "." in words:
        return "record" if is_record else "text"
    return ""
