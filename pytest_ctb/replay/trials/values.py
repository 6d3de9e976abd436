"""Values for generated rows: a small and a wide one for each type, and guesses from the text of a CHECK."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_LONG = "a wide value of more than sixty characters, as people write them when nobody says how many there may be"
_SCALARS: dict[str, tuple[str, str]] = {
    "bool": ("true", "false"),
    "bytea": (r"\x61", r"\x00ff00ff00ff00ff00ff00ff00ff00ff"),
    "date": ("2001-02-03", "2031-12-30"),
    "time": ("04:05:06", "23:59:58.765432"),
    "timetz": ("04:05:06+00", "23:59:58.765432+05:45"),
    "timestamp": ("2001-02-03 04:05:06", "2031-12-30 23:59:58.765432"),
    "timestamptz": ("2001-02-03 04:05:06+00", "2031-12-30 23:59:58.765432+00"),
    "interval": ("1 day", "2 years 3 mons 4 days 05:06:07.890123"),
    "uuid": ("00000000-0000-4000-8000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffff0000"),
    "json": ("{}", '{"wide": [1, null, "x"]}'),
    "jsonb": ("{}", '{"wide": [1, null, "x"]}'),
    "xml": ("<a/>", "<wide><a/><b/></wide>"),
    "inet": ("192.0.2.1", "2001:db8::ffff:ffff:ffff"),
    "cidr": ("192.0.2.0/24", "2001:db8::/32"),
    "macaddr": ("08:00:2b:01:02:03", "ff:ff:ff:ff:ff:00"),
    "macaddr8": ("08:00:2b:01:02:03:04:05", "ff:ff:ff:ff:ff:ff:ff:00"),
    "point": ("(1,2)", "(1234567.5,7654321.25)"),
    "line": ("{1,2,3}", "{4,5,6}"),
    "lseg": ("[(0,0),(1,1)]", "[(0,0),(9,9)]"),
    "box": ("(1,1),(0,0)", "(9,9),(0,0)"),
    "path": ("((0,0),(1,1))", "((0,0),(1,1),(2,0))"),
    "polygon": ("((0,0),(1,1),(2,0))", "((0,0),(9,9),(9,0))"),
    "circle": ("<(0,0),1>", "<(5,5),9>"),
    "tsvector": ("'a'", "'wide':1 'value':2"),
    "tsquery": ("'a'", "'wide' & 'value'"),
    "pg_lsn": ("0/1", "FFFF/FFFF"),
    "hstore": ("a=>1", "wide=>value, b=>NULL"),
    "ltree": ("a", "a.wide.value"),
    "float4": ("7", "1.5e30"),
    "float8": ("7", "1.5e200"),
    "money": ("7", "1234567.89"),
    "name": ("a", "a_wide_name"),
    "char": ("a", "w"),
    "oid": ("1", "4294967295"),
}
TEXTS = {"text", "varchar", "bpchar", "citext", "name"}
_FIRST = {"int2": 31000, "int4": 910_000_000, "int8": 9_100_000_000_000}
"""Where numbers that must be unique start: far above what a sequence reaches."""
_INTS = {"int2": ("7", "31007"), "int4": ("7", "910000007"), "int8": ("7", "9100000000007")}


class Type(NamedTuple):
    """What is needed to write a value of a type; of a domain, its base type."""

    name: str
    kind: str
    """pg_type.typtype."""
    limit: int
    """The type modifier: a length, a precision, or -1."""
    labels: tuple[str, ...] = ()
    """The labels of an enum type."""
    fields: int = 0
    """The number of fields of a composite type."""
    array: bool = False
    """An array of this type."""


def value(of: Type, *, wide: bool, number: int = 0) -> str | None:  # noqa: PLR0911  # a table of kinds
    """A value of a type as text; a different value for each number. None where the type is not known."""
    if of.array:
        return "{}" if not wide and not number else _array(of, number)
    match of.kind:
        case "e":
            return of.labels[(number + wide) % len(of.labels)] if of.labels else None
        case "c":
            return "(" + "," * (of.fields - 1) + ")"
        case "r" | "m":
            return "empty" if of.kind == "r" else "{}"
    if of.name in _INTS:
        return str(_FIRST[of.name] + number) if number else _INTS[of.name][wide]
    if of.name == "numeric":
        return _numeric(of.limit, wide=wide, number=number)
    if of.name in TEXTS:
        return _text(of, wide=wide, number=number)
    if of.name in {"bit", "varbit"}:
        return _bits(of, number)
    if of.name == "vector":
        return "[" + ",".join(["1"] * max(of.limit, 1)) + "]"
    return _numbered(of.name, wide=wide, number=number)


def _array(of: Type, number: int) -> str | None:
    element = value(of._replace(array=False), wide=False, number=number)
    return None if element is None else '{"' + element.replace("\\", "\\\\").replace('"', '\\"') + '"}'


def _numeric(limit: int, *, wide: bool, number: int) -> str:
    if limit < 0:
        return str(910_000_000 + number) if number else ("123456789012.987654" if wide else "7")
    precision, scale = (limit - 4) >> 16, (limit - 4) & 0x7FF
    whole = max(precision - scale, 0)
    if number:
        return str(number % 10**whole) if whole else "0"
    if not wide:
        return "7" if whole else "0"
    return ("8" * whole or "0") + ("." + "6" * scale if scale else "")


def _text(of: Type, *, wide: bool, number: int) -> str:
    longest = of.limit - 4 if of.limit > 4 else (63 if of.name == "name" else len(_LONG) + 20)
    lead = f"{number}" if number else ""
    return (lead + (_LONG if wide else "a"))[:longest]


def _bits(of: Type, number: int) -> str:
    width = of.limit if of.limit > 0 else 8
    return format(number % 2**width, f"0{width}b")


def _numbered(name: str, *, wide: bool, number: int) -> str | None:  # noqa: PLR0911  # a table of types
    if name not in _SCALARS:
        return None
    base = _SCALARS[name][wide]
    if not number:
        return base
    match name:
        case "date" | "timestamp" | "timestamptz":
            return re.sub(r"^\d{4}", str(2100 + number % 900), base)
        case "uuid":
            return base[:-4] + format(number, "04x")
        case "inet":
            return f"192.0.2.{number % 250 + 2}"
        case "time" | "timetz":
            return re.sub(r":\d\d:", f":{number % 60:02}:", base, count=1)
        case "interval":
            return f"{number + 1} days"
        case "macaddr" | "macaddr8":
            return base[:-2] + format(number % 256, "02x")
        case "float4" | "float8" | "money" | "oid":
            return str(910_000 + number)
        case "json" | "jsonb":
            return f'{{"number": {number}}}'
        case "bytea":
            return rf"\x{number:06x}"
        case "bool":
            return "true" if number % 2 else "false"
        case "ltree":
            return f"a.b{number}"
    return base


_NUMBER = r"-?\d+(\.\d+)?"
_DAY = r"\d{4}-\d\d?-\d\d?"
_SHAPES = {
    **dict.fromkeys(_INTS, r"-?\d+"),
    **dict.fromkeys(("numeric", "float4", "float8", "money"), _NUMBER),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), _DAY + r"([ T].*)?"),
    **dict.fromkeys(("time", "timetz"), r"\d\d?:\d\d.*"),
    "bool": r"true|false|t|f",
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
}


def fits(of: Type, text: str) -> bool:
    """Whether a text looks like a value of the type; True for types that are not known here."""
    shape = _SHAPES.get(of.name)
    return not of.array and (shape is None or re.fullmatch(shape, text, re.DOTALL) is not None)


def guesses(definition: str, of: Type) -> list[str]:
    """Values that the text of a CHECK suggests, likely ones first: literals, numbers beside bounds, regex matches."""
    values: list[str] = []
    for operator, literal in re.findall(r"(!?~~?\*?|=|<>|>=?|<=?)?\s*\(?'((?:[^']|'')*)'(?:::[\w\s\"]+)?", definition):
        plain = literal.replace("''", "'")
        if operator in {"~", "~*"}:
            values += matching(plain)
        elif operator in {"~~", "~~*"}:
            values.append(plain.replace("%", "").replace("_", "a") or "a")
            values.append(plain.replace("%", "x").replace("_", "a"))
        else:
            values.append(plain)
    for number in re.findall(r"(?<![\w'.])-?\d+(?:\.\d+)?(?![\w'])", definition):
        if of.name in TEXTS:
            bound = int(float(number))
            values += ["a" * length for length in (bound, bound - 1, bound + 1) if 0 < length <= 1000]
        elif "." in number:
            values += [number, str(float(number) + 1), str(float(number) - 1)]
        else:
            values += [str(int(number) + step) for step in (0, 1, -1)]
    if of.name in TEXTS:
        values += ["a@b.example", "https://b.example/a", "abc", "A", "AB", "1", "2001-02-03", "+491234567"]
    return [text for text in dict.fromkeys(values) if of.array or fits(of, text)]


def matching(regex: str) -> list[str]:
    """Two texts that match a simple regular expression; none for constructs that are not known here."""
    try:
        return ["".join(_generated(iter(_PIECE.findall(regex)), repeat)) for repeat in (1, 2)]
    except (IndexError, ValueError, StopIteration):
        return []


_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\(\?:|\{\d*(?:,\d*)?\}|.", re.DOTALL)
_ESCAPED = {"d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "m": "", "M": "", "y": "", "A": "", "Z": ""}


def _generated(pieces: Iterator[str], repeat: int) -> list[str]:
    """A match of the pieces up to a closing parenthesis: of the first branch, with the fewest repetitions."""
    parts: list[str] = []
    done: list[str] | None = None
    for piece in pieces:
        if piece == ")":
            break
        if piece == "|":
            done = done if done is not None else parts
            parts = []
        elif piece in {"(", "(?:"}:
            parts.append("".join(_generated(pieces, repeat)))
        elif piece in {"^", "$"}:
            continue
        elif piece in {"*", "?", "+"}:
            if parts:
                parts[-1] = parts[-1] * (repeat if piece == "+" else repeat - 1)
        elif piece.startswith("{") and piece != "{":
            least = re.match(r"\{(\d*)", piece)
            parts[-1] = parts[-1] * int(least[1] or 0) if least else parts[-1]
        elif piece.startswith("["):
            parts.append(_of_class(piece))
        elif piece.startswith("\\"):
            parts.append(_ESCAPED.get(piece[1], piece[1]))
        else:
            parts.append("a" if piece == "." else piece)
    return done if done is not None else parts


def _of_class(piece: str) -> str:
    negated = piece.startswith("[^")
    body = piece[2 if negated else 1 : -1]
    if negated:
        return next(character for character in "a1-_ @.Z" if not re.match(f"[{body}]", character))
    named = {"[:alpha:]": "a", "[:alnum:]": "a", "[:digit:]": "1", "[:upper:]": "A", "[:lower:]": "a", "[:space:]": " "}
    for name, character in named.items():
        if name in body:
            return character
    if body.startswith("\\"):
        return _ESCAPED.get(body[1], body[1])
    return body[0]
