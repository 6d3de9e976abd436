"""The string that an EXECUTE runs, as far as its parts are constant; what stays unknown becomes a name.

Literals, `||`, `format`, CASE and the like are folded, and so are variables to which the same body gave such a text.
Where a text may be one of several (the branches of an IF or a CASE), each is an alternative.
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
"""How many alternatives are kept; a body that makes more is a program, which only the server can run."""
_FORMAT = re.compile(r"%(?:(\d+)\$)?[-\d]*([sIL%])")

Texts = tuple[str | None, ...]
"""Alternatives, at least one; None where nothing is known."""
_Parts = Sequence[str | None]


class Variables:
    """What a body has put into its variables, up to the statement that is being read."""

    def __init__(self) -> None:
        self._values: dict[str, Texts] = {}

    def put(self, name: str, texts: Texts, *, maybe: bool) -> None:
        """Assign; `maybe` where what was there before may still be there."""
        before = self._values.get(name.lower(), ()) if maybe else ()
        self._values[name.lower()] = tuple(dict.fromkeys((*before, *texts)))[:_MOST]

    def assign(self, sql: str, *, maybe: bool) -> None:
        """Take `name := expression`."""
        sign = next((one for one in scan(sql) if one.word in {":=", "="}), None)
        if sign is not None:
            self.put(sql[: sign.start].strip(), self.fold(sql[sign.end :]), maybe=maybe)

    def select(self, sql: str, into: Sequence[str], record: str, *, maybe: bool) -> None:
        """Take the columns of a SELECT that go into variables, or into the fields of a record."""
        for number, target in enumerate(_targets(sql)):
            name = f"{record}.{_called(target)}" if record else into[number] if number < len(into) else ""
            if name:
                self.put(name, self._fold(target.val), maybe=maybe)

    def fold(self, expression: str) -> Texts:
        """The texts that an expression may give."""
        targets = _targets(f"SELECT {expression}")
        return self._fold(targets[0].val) if targets else (None,)

    def _fold(self, node: Any) -> Texts:
        kind = node.WhichOneof("node")
        value: Any = getattr(node, kind) if kind else None
        found: Texts = (None,)
        match kind:
            case "a_const":
                found = _constant(value)
            case "type_cast" | "collate_clause":
                found = self._fold(value.arg)
            case "column_ref":
                found = self._values.get(".".join(one.string.sval for one in value.fields).lower(), (None,))
            case "a_expr" if _joins(value):
                first, *others = _operands(value)
                found = self._fold(first)
                for one in others:
                    found = _each(_join, [found, self._fold(one)])
            case "func_call":
                found = self._called(value.funcname[-1].string.sval, value.args)
            case "case_expr":
                found = _either(self._all([*(one.case_when.result for one in value.args), value.defresult]))
            case "coalesce_expr":
                found = _either(self._all(value.args))
            case "sub_link" if value.subselect.select_stmt.target_list:
                found = self._fold(value.subselect.select_stmt.target_list[0].res_target.val)
        return found

    def _all(self, nodes: Iterable[Any]) -> list[Texts]:
        return [self._fold(one) for one in nodes]

    def _called(self, name: str, args: Sequence[Any]) -> Texts:
        if name == "array_to_string" and args and args[0].WhichOneof("node") == "a_array_expr":
            name, args = "concat_ws", [args[1], *args[0].a_array_expr.elements]
        make = _MAKERS.get(name)
        return _each(make, self._all(args)) if make and args else (None,)


def _targets(sql: str) -> list[Any]:
    try:
        (one,) = libpg_query.parse(sql).stmts
    except (postgast.PgQueryError, ValueError):
        return []
    return [target.res_target for target in one.stmt.select_stmt.target_list]


def _joins(node: Any) -> bool:
    """Whether an operator puts two texts together."""
    return [one.string.sval for one in node.name] == ["||"]


def _operands(node: Any) -> list[Any]:
    """What a chain of `||` puts together: the tree is as deep as the chain is long."""
    found = [node.rexpr]
    while node.lexpr.WhichOneof("node") == "a_expr" and _joins(node.lexpr.a_expr):
        node = node.lexpr.a_expr
        found.append(node.rexpr)
    return [node.lexpr, *reversed(found)]


def _called(target: Any) -> str:
    """The name of a column of a SELECT."""
    fields = target.val.column_ref.fields
    return str(target.name or (fields[-1].string.sval if fields else ""))


def _constant(node: Any) -> Texts:
    kind = node.WhichOneof("val")
    return (str(node.sval.sval),) if kind == "sval" else (str(node.ival.ival),) if kind == "ival" else (None,)


def _each(make: Callable[[_Parts], str | None], parts: Sequence[Texts]) -> Texts:
    """Every combination of the alternatives of the parts, put together."""
    combined = itertools.islice(itertools.product(*parts), _MOST)
    return tuple(dict.fromkeys(make(one) for one in combined)) or (None,)


def _either(parts: Sequence[Texts]) -> Texts:
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


_MAKERS: Mapping[str, Callable[[_Parts], str | None]] = {
    "concat": _join,
    "concat_ws": _join_with,
    "format": _format,
    "quote_ident": _quoted('"'),
    "quote_literal": _quoted("'"),
    "quote_nullable": _quoted("'"),
    "replace": _replaced,
    # What these make of a statement is the same statement.
    **dict.fromkeys(("btrim", "ltrim", "rtrim", "lower", "upper", "string_agg", "regexp_replace"), _first),
}
