"""The entity relationship diagram of a schema, as Mermaid's `erDiagram`.

What Mermaid reads: https://mermaid.js.org/syntax/entityRelationshipDiagram.html. A name in quotes takes any text, with
codes for what would end it or mean something; a column and its type are words, without quotes and codes. What is
written here Mermaid 10.9 takes as well as 12; columns that are not ASCII it takes from 11.12 on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_ctb.model.visible import visible
from pytest_ctb.report.diagram.entities import Column, Entities, Reference, Table

_HEAD = "%% Made by ctb diagram from the replayed migrations; ctb diagram --check tells whether it is still true."
_LONGEST = 24
"""How many characters of a comment are shown with its column: a longer one makes its table too wide to be read."""
_DEPRECATED = re.compile(r"DEPRECATED( \d{4}-\d{2}-\d{2})?")
_WORD = re.compile(r"[^A-Za-z0-9_()\[\]\-\u00C0-\uFFFF\U00010000-\U0010FFFF]")
_KEY = re.compile(r"(?i:(pk|fk|uk))\b", re.ASCII)
"""A word that starts like this is a key to Mermaid."""
_BOLD = re.compile(r"_.*_")
"""To Markdown, in which Mermaid reads a word."""
_MEANT = re.compile(r"[^\w .,:;()/+=?!'\[\]-]|(?<!\w)_|_(?!\w)|:(?=\S)")
"""What is written as a code: what ends a text or a line, and what is markup to Mermaid, to Markdown or to HTML."""


def mermaid(found: Entities) -> str:
    """The text of the diagram, a line feed at its end; tables as they are ordered, then references."""
    lines = [_HEAD, "erDiagram"]
    for one in found.tables:
        lines += _table(one)
    lines += [_reference(one) for one in found.references]
    return "\n".join(lines) + "\n"


def _table(table: Table) -> Iterator[str]:
    if not table.columns:
        yield f"    {_name(table.name)}"
        return
    yield f"    {_name(table.name)} {{"
    for one in table.columns:
        yield f"        {_column(one, table)}"
    yield "    }"


def _column(column: Column, table: Table) -> str:
    kind = column.type.removeprefix(f"{table.schema}.")
    keys = ", ".join(
        key for key, is_one in (("PK", column.primary), ("FK", column.references), ("UK", column.unique)) if is_one
    )
    keys = keys.replace("PK, UK", "PK").replace("PK, FK, UK", "PK, FK")  # a primary key is unique in any case
    note = "; ".join(filter(None, (column.name if _word(column.name) != column.name else "", _note(column.comment))))
    return " ".join(filter(None, (_word(kind), _word(column.name), keys, f'"{_text(note)}"' if note else "")))


def _word(name: str) -> str:
    """A name as a word: what a word cannot hold is an underscore, the comma of `numeric(10,2)` a hyphen."""
    word = _KEY.sub(r"\1_", _WORD.sub("_", visible(name).replace(",", "-")), count=1) if name else "_"
    if not (word[0].isalpha() or word[0] == "_") or _BOLD.fullmatch(word):
        word = f"c{word}"
    return word


def _note(comment: str) -> str:
    """What is shown of a comment: nothing of a long one, but for what every reader must know."""
    deprecated = _DEPRECATED.match(comment)
    if deprecated:
        return deprecated[0]
    return comment if len(comment) <= _LONGEST else ""


def _reference(one: Reference) -> str:
    parent = {(False, False): "||", (True, False): "|o", (False, True): "}|", (True, True): "}o"}
    line = "--" if one.identifying else ".."
    ends = f"{parent[one.optional, one.several]}{line}{'o|' if one.single else 'o{'}"
    return f'    {_name(one.target)} {ends} {_name(one.table)} : "{", ".join(map(_named, one.columns))}"'


def _name(name: str) -> str:
    return f'"{_named(name)}"'


def _named(name: str) -> str:
    """Outside of a block a space is a code as well: a line that holds `direction TB` is an order to Mermaid."""
    return _text(name).replace(" ", "#32;")


def _text(text: str) -> str:
    return _MEANT.sub(lambda found: f"#{ord(found[0])};", " ".join(visible(text).split("\n")))
