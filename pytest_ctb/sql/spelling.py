"""SQL that can be shown and still means the same: what steers a terminal is written with the escapes of SQL."""

from __future__ import annotations

import re

import postgast

from pytest_ctb.model.visible import spelled, steers, visible

_END_OF_LINE = re.compile(r"[\t\n\r]")
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_CAPITAL = re.compile(r"[A-Z]")


def spelled_name(name: str) -> str:
    """A name in quotes, as `U&"…"` where it holds a control character or another one that steers."""
    text = name.replace('"', '""')
    if not (steers(name) or _END_OF_LINE.search(name)):
        return f'"{text}"'
    escaped = spelled(text.replace("\\", "\\\\"), _of_name)
    return f'U&"{_END_OF_LINE.sub(lambda found: _of_name(found[0]), escaped)}"'


def spelled_sql(sql: str) -> str:
    """The same SQL with such names as `U&"…"` and such texts as `E'…'`; as it is where it cannot be read."""
    if not (steers(sql) or _END_OF_LINE.search(sql)):
        return sql
    try:
        data, tokens = sql.encode(), postgast.scan(sql).tokens
    except (UnicodeEncodeError, postgast.PgQueryError):
        return sql
    parts, end = [], 0
    for token in tokens:
        kind = token.DESCRIPTOR.fields_by_name["token"].enum_type.values_by_number[token.token].name
        before = data[end : token.start].decode()
        text = data[token.start : token.end].decode()
        told = _token(kind, text)
        if kind == "TYPECAST" and "\n" in before and steers(sql):
            before = " "  # at the start of a line it may look like a command to a CI system
        elif told != text and data[token.start - 1 : token.start].isalnum():
            before = " "
        parts += [spelled(before, lambda _: "\n"), told]
        end = token.end
    return "".join(parts) + spelled(data[end:].decode(), lambda _: "\n")


def _token(kind: str, text: str) -> str:
    match kind:
        case "SQL_COMMENT" | "C_COMMENT":
            return visible(text)
        case "IDENT" if text.startswith('"'):
            return spelled_name(text[1:-1].replace('""', '"'))
        case "IDENT" if steers(text):
            return spelled_name(_CAPITAL.sub(lambda found: found[0].lower(), text))
        case "UIDENT" | "USCONST":
            return spelled(text, _of_name)
        case "SCONST" if steers(text):
            return f"E'{spelled(_body(text), _of_text)}'"
    return text


def _body(text: str) -> str:
    """What stands between the quotes of a text, as `E'…'` has it; an escaped character that steers loses its escape."""
    if text.startswith("$"):
        tag = text[: text.index("$", 1) + 1]
        return text[len(tag) : -len(tag)].replace("\\", "\\\\").replace("'", "''")
    if text[0] in "eE":
        return _PAIR.sub(lambda found: found[1] if steers(found[1]) else found[0], text[2:-1])
    return text[text.index("'") + 1 : -1].replace("\\", "\\\\")


def _of_name(sign: str) -> str:
    return f"\\{ord(sign):04X}" if ord(sign) < 0x10000 else f"\\+{ord(sign):06X}"


def _of_text(sign: str) -> str:
    return f"\\u{ord(sign):04X}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08X}"
