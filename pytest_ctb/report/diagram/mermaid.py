"""The entity relationship diagram of a schema, as Mermaid's `erDiagram`.

The syntax: https://mermaid.js.org/syntax/entityRelationshipDiagram.html. A name in quotes may hold any text, with
entity codes for characters that would end it or are markup. A column and its type are words, without quotes and codes.
Mermaid 10.9 to 12 read this output; columns that are not ASCII need 11.12.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_ctb.model.visible import visible
from pytest_ctb.report.diagram.entities import Column, Entities, EntityTable, Reference

_HEAD = "%% Made by ctb diagram from the replayed migrations; ctb diagram --check tells whether it is still true."
_LONGEST = 24
"""The longest comment that is shown with its column: a longer one makes the table too wide."""
_DEPRECATED = re.compile(r"DEPRECATED( \d{4}-\d{2}-\d{2})?")
_WORD = re.compile(r"[^A-Za-z0-9_()\[\]\-\u00C0-\uFFFF\U00010000-\U0010FFFF]")
_KEY = re.compile(r"(?i:(pk|fk|uk))\b", re.ASCII)
"""Mermaid reads a word that starts like this as a key."""
_BOLD = re.compile(r"_.*_")
"""Mermaid reads a word as Markdown, where this is emphasis."""
_MARKUP = re.compile(r"[^\w .,:;()/+=?!'\[\]-]|(?<!\w)_|_(?!\w)|:(?=\S)")
"""Characters to write as codes: they end a text or a line, or are markup to Mermaid, Markdown or HTML."""


def mermaid(entities: Entities) -> str:
    """The text of the diagram, a line feed at its end: the tables, then the references."""
    lines = [_HEAD, "erDiagram"]
    for table in entities.tables:
        lines += _table(table)
    lines += [_reference(reference) for reference in entities.references]
    return "\n".join(lines) + "\n"


def _table(table: EntityTable) -> Iterator[str]:
    if not table.columns:
        yield f"    {_name(table.name)}"
        return
    yield f"    {_name(table.name)} {{"
    for column in table.columns:
        yield f"        {_column(column, table)}"
    yield "    }"


def _column(column: Column, table: EntityTable) -> str:
    type_ = column.type.removeprefix(f"{table.schema}.")
    keys = ", ".join(
        key for key, applies in (("PK", column.primary), ("FK", column.references), ("UK", column.unique)) if applies
    )
    keys = keys.replace("PK, UK", "PK").replace("PK, FK, UK", "PK, FK")  # a primary key is unique in any case
    note = "; ".join(filter(None, (column.name if _word(column.name) != column.name else "", _note(column.comment))))
    return " ".join(filter(None, (_word(type_), _word(column.name), keys, f'"{_text(note)}"' if note else "")))


def _word(name: str) -> str:
    """A name as a word: other characters become underscores, the comma of `numeric(10,2)` a hyphen."""
    word = _KEY.sub(r"\1_", _WORD.sub("_", visible(name).replace(",", "-")), count=1) if name else "_"
    if not (word[0].isalpha() or word[0] == "_") or _BOLD.fullmatch(word):
        word = f"c{word}"
    return word


def _note(comment: str) -> str:
    """The comment as it is shown: `DEPRECATED` and its date, or the whole text where it is short; else nothing."""
    deprecated = _DEPRECATED.match(comment)
    if deprecated:
        return deprecated[0]
    return comment if len(comment) <= _LONGEST else ""


def _reference(reference: Reference) -> str:
    parent = {(False, False): "||", (True, False): "|o", (False, True): "}|", (True, True): "}o"}
    line = "--" if reference.identifying else ".."
    ends = f"{parent[reference.optional, reference.several]}{line}{'o|' if reference.single else 'o{'}"
    columns = ", ".join(map(_escaped_name, reference.columns))
    return f'    {_name(reference.target)} {ends} {_name(reference.table)} : "{columns}"'


def _name(name: str) -> str:
    return f'"{_escaped_name(name)}"'


def _escaped_name(name: str) -> str:
    """A name outside a block, spaces as codes too: Mermaid obeys a line that holds `direction TB`."""
    return _text(name).replace(" ", "#32;")


def _text(text: str) -> str:
    return _MARKUP.sub(lambda match: f"#{ord(match[0])};", " ".join(visible(text).split("\n")))
