"""Write SQL so that it can be shown: characters that steer a terminal become escapes of SQL."""

from __future__ import annotations

import re

import postgast

from pytest_ctb.model.visible import spelled, steers, visible

_END_OF_LINE = re.compile(r"[\t\n\r]")
_PAIR = re.compile(r"\\(.)", re.DOTALL)
_CAPITAL = re.compile(r"[A-Z]")


def spelled_name(name: str) -> str:
    """A name in quotes, as `U&"…"` where it holds characters that steer a terminal."""
    text = name.replace('"', '""')
    if not (steers(name) or _END_OF_LINE.search(name)):
        return f'"{text}"'
    escaped = spelled(text.replace("\\", "\\\\"), _of_name)
    return f'U&"{_END_OF_LINE.sub(lambda match: _of_name(match[0]), escaped)}"'


def spelled_sql(sql: str) -> str:
    """SQL of the same meaning with such names as `U&"…"` and such texts as `E'…'`; unchanged where it has no tokens."""
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
        escaped = _token(kind, text)
        if kind == "TYPECAST" and "\n" in before and steers(sql):
            before = " "  # at the start of a line it may look like a command to a CI system
        elif escaped != text and data[token.start - 1 : token.start].isalnum():
            before = " "
        parts += [spelled(before, lambda _: "\n"), escaped]
        end = token.end
    return "".join(parts) + spelled(data[end:].decode(), lambda _: "\n")


def _token(kind: str, text: str) -> str:
    match kind:
        case "SQL_COMMENT" | "C_COMMENT":
            return visible(text)
        case "IDENT" if text.startswith('"'):
            return spelled_name(text[1:-1].replace('""', '"'))
        case "IDENT" if steers(text):
            return spelled_name(_CAPITAL.sub(lambda match: match[0].lower(), text))
        case "UIDENT" | "USCONST":
            return spelled(text, _of_name)
        case "SCONST" if steers(text):
            return f"E'{spelled(_body(text), _of_text)}'"
    return text


def _body(text: str) -> str:
    """The inner part of a string literal, as it stands in `E'…'`; without the backslash of a character that steers."""
    if text.startswith("$"):
        tag = text[: text.index("$", 1) + 1]
        return text[len(tag) : -len(tag)].replace("\\", "\\\\").replace("'", "''")
    if text[0] in "eE":
        return _PAIR.sub(lambda match: match[1] if steers(match[1]) else match[0], text[2:-1])
    return text[text.index("'") + 1 : -1].replace("\\", "\\\\")


def _of_name(sign: str) -> str:
    return f"\\{ord(sign):04X}" if ord(sign) < 0x10000 else f"\\+{ord(sign):06X}"


def _of_text(sign: str) -> str:
    return f"\\u{ord(sign):04X}" if ord(sign) < 0x10000 else f"\\U{ord(sign):08X}"
