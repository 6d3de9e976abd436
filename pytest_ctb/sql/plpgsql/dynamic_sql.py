"""Compute the strings that EXECUTE runs (constant folding); an unknown part becomes the name UNKNOWN.

Literals, `||`, `format`, CASE and the like are folded, and variables that the body assigned such a text.
Where a text can be one of several (branches of an IF or a CASE), each is an alternative.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import postgast

from pytest_ctb.sql import libpg_query
from pytest_ctb.sql.tokens import scan

UNKNOWN = "ctb_unknown"
_MOST = 8
"""The most alternatives that are kept: a body with more is left to the server."""
_FORMAT = re.compile(r"%(?:(\d+)\$)?[-\d]*([sIL%])")

Texts = tuple[str | None, ...]
"""The alternatives of a text, at least one; None: an unknown text."""
_Parts = Sequence[str | None]


class Variables:
    """The values of a body's variables at the statement that is being read."""

    def __init__(self) -> None:
        self._values: dict[str, Texts] = {}

    def put(self, name: str, texts: Texts, *, maybe: bool) -> None:
        """Assign a value; `maybe`: the assignment may not run, so the old value is kept as an alternative."""
        before = self._values.get(name.lower(), ()) if maybe else ()
        self._values[name.lower()] = tuple(dict.fromkeys((*before, *texts)))[:_MOST]

    def assign(self, sql: str, *, maybe: bool) -> None:
        """Evaluate the assignment `name := expression`."""
        sign = next((token for token in scan(sql) if token.word in {":=", "="}), None)
        if sign is not None:
            self.put(sql[: sign.start].strip(), self.fold(sql[sign.end :]), maybe=maybe)

    def select(self, sql: str, into: Sequence[str], record: str, *, maybe: bool) -> None:
        """Evaluate a SELECT INTO variables, or into the fields of a record."""
        for number, target in enumerate(_targets(sql)):
            name = f"{record}.{_column_name(target)}" if record else into[number] if number < len(into) else ""
            if name:
                self.put(name, self._fold(target.val), maybe=maybe)

    def fold(self, expression: str) -> Texts:
        """The texts that an expression can give."""
        targets = _targets(f"SELECT {expression}")
        return self._fold(targets[0].val) if targets else (None,)

    def _fold(self, node: Any) -> Texts:
        kind = node.WhichOneof("node")
        value: Any = getattr(node, kind) if kind else None
        texts: Texts = (None,)
        match kind:
            case "a_const":
                texts = _constant(value)
            case "type_cast" | "collate_clause":
                texts = self._fold(value.arg)
            case "column_ref":
                texts = self._values.get(".".join(field.string.sval for field in value.fields).lower(), (None,))
            case "a_expr" if _is_concatenation(value):
                first, *others = _operands(value)
                texts = self._fold(first)
                for operand in others:
                    texts = _for_each_combination(_join, [texts, self._fold(operand)])
            case "func_call":
                texts = self._call(value.funcname[-1].string.sval, value.args)
            case "case_expr":
                texts = _alternatives(self._all([*(branch.case_when.result for branch in value.args), value.defresult]))
            case "coalesce_expr":
                texts = _alternatives(self._all(value.args))
            case "sub_link" if value.subselect.select_stmt.target_list:
                texts = self._fold(value.subselect.select_stmt.target_list[0].res_target.val)
        return texts

    def _all(self, nodes: Iterable[Any]) -> list[Texts]:
        return [self._fold(node) for node in nodes]

    def _call(self, name: str, args: Sequence[Any]) -> Texts:
        if name == "array_to_string" and args and args[0].WhichOneof("node") == "a_array_expr":
            name, args = "concat_ws", [args[1], *args[0].a_array_expr.elements]
        function = _FUNCTIONS.get(name)
        return _for_each_combination(function, self._all(args)) if function and args else (None,)


def _targets(sql: str) -> list[Any]:
    try:
        (statement,) = libpg_query.parse(sql).stmts
    except (postgast.PgQueryError, ValueError):
        return []
    return [target.res_target for target in statement.stmt.select_stmt.target_list]


def _is_concatenation(node: Any) -> bool:
    """Whether an operator is `||`."""
    return [part.string.sval for part in node.name] == ["||"]


def _operands(node: Any) -> list[Any]:
    """The operands of a chain of `||`, without recursion: the tree is as deep as the chain is long."""
    operands = [node.rexpr]
    while node.lexpr.WhichOneof("node") == "a_expr" and _is_concatenation(node.lexpr.a_expr):
        node = node.lexpr.a_expr
        operands.append(node.rexpr)
    return [node.lexpr, *reversed(operands)]


def _column_name(target: Any) -> str:
    """The name of a result column of a SELECT."""
    fields = target.val.column_ref.fields
    return str(target.name or (fields[-1].string.sval if fields else ""))


def _constant(node: Any) -> Texts:
    kind = node.WhichOneof("val")
    return (str(node.sval.sval),) if kind == "sval" else (str(node.ival.ival),) if kind == "ival" else (None,)


def _for_each_combination(function: Callable[[_Parts], str | None], parts: Sequence[Texts]) -> Texts:
    """The results of a function for each combination of the alternatives of its arguments."""
    combined = itertools.islice(itertools.product(*parts), _MOST)
    return tuple(dict.fromkeys(function(combination) for combination in combined)) or (None,)


def _alternatives(parts: Sequence[Texts]) -> Texts:
    known = [text for texts in parts for text in texts if text is not None]
    return tuple(dict.fromkeys(known))[:_MOST] or (None,)


def _join(parts: _Parts, between: str = "") -> str | None:
    if all(part is None for part in parts):
        return None
    return between.join(UNKNOWN if part is None else part for part in parts)


def _join_with(parts: _Parts) -> str | None:
    return _join(parts[1:], parts[0] or " ") if len(parts) > 1 else None


def _first(parts: _Parts) -> str | None:
    return parts[0]


def _replaced(parts: _Parts) -> str | None:
    text, old, new = [*parts, None, None][:3]
    return text if text is None or old is None or new is None else text.replace(old, new)


def _quoted(mark: str) -> Callable[[_Parts], str | None]:
    return lambda parts: parts[0] and _quote(parts[0], mark)


def _quote(text: str, mark: str) -> str:
    return mark + text.replace(mark, mark * 2) + mark


def _format(parts: _Parts) -> str | None:
    pattern, args = parts[0] if parts else None, parts[1:]
    if pattern is None:
        return None
    following = iter(range(len(args)))

    def fill(match: re.Match[str]) -> str:
        number, letter = match[1], match[2]
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


_FUNCTIONS: Mapping[str, Callable[[_Parts], str | None]] = {
    "concat": _join,
    "concat_ws": _join_with,
    "format": _format,
    "quote_ident": _quoted('"'),
    "quote_literal": _quoted("'"),
    "quote_nullable": _quoted("'"),
    "replace": _replaced,
    # The result of these has the same statements in it as their first argument.
    **dict.fromkeys(("btrim", "ltrim", "rtrim", "lower", "upper", "string_agg", "regexp_replace"), _first),
}
