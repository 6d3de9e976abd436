"""The entity relationship diagram of a schema in the DOT language (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from pytest_ctb.model.visible import visible
from pytest_ctb.report.diagram.entities import Column, Entities, EntityTable, Reference

_HEAD = """digraph {
    graph [rankdir=LR, ranksep=1, nodesep=0.3, fontname="Helvetica", fontsize=14, color="#90a4ae", style=rounded]
    node [shape=plain, fontname="Helvetica", fontsize=11]
    edge [dir=both, arrowsize=0.9, fontname="Helvetica", fontsize=9, color="#546e7a", fontcolor="#546e7a"]
"""
_NO_TEXT = re.compile(r"[\t\n\r\ufffe\uffff]")
"""Characters that `visible` keeps, and that XML cannot hold or does not show."""


def dot(entities: Entities) -> str:
    """The text of a digraph: a frame for each schema, a record for each table, an edge for each reference."""
    nodes = {table.name: f"t{number}" for number, table in enumerate(entities.tables)}
    schemas: dict[str, list[EntityTable]] = {}
    for table in entities.tables:
        schemas.setdefault(table.schema, []).append(table)
    lines = []
    for number, (schema, tables) in enumerate(schemas.items()):
        lines += [f"    subgraph cluster_{number} {{", f"        label=<{_text(schema)}>"]
        lines += [f"        {nodes[table.name]} [label=<{''.join(_label(table))}>]" for table in tables]
        lines.append("    }")
    lines += [_edge(reference, nodes) for reference in entities.references]
    return _HEAD + "\n".join(lines) + "\n}\n"


def _label(table: EntityTable) -> Iterator[str]:
    yield '<table border="0" cellborder="1" cellspacing="0" cellpadding="4" color="#90a4ae">'
    yield f'<tr><td bgcolor="#eceff1" colspan="3"><b>{_text(table.name)}</b></td></tr>'
    for column in table.columns:
        name = _text(column.name)
        yield f'<tr><td>{_mark(column)}</td><td align="left">{f"<b>{name}</b>" if column.required else name}</td>'
        yield f'<td align="left">{_text(column.type)}</td></tr>'
    yield "</table>"


def _mark(column: Column) -> str:
    marks = (("PK", column.primary), ("FK", column.references), ("UK", column.unique and not column.primary))
    return " ".join(mark for mark, applies in marks if applies) or " "


def _edge(reference: Reference, nodes: dict[str, str]) -> str:
    parent = ("crow" if reference.several else "tee") + ("odot" if reference.optional else "tee")
    child = ("tee" if reference.single else "crow") + "odot"
    ends = f"arrowtail={parent}, arrowhead={child}, style={'solid' if reference.identifying else 'dashed'}"
    label = _text(", ".join(reference.columns))
    return f"    {nodes[reference.target]} -> {nodes[reference.table]} [{ends}, label=<{label}>]"


def _text(text: str) -> str:
    """Text for an HTML-like label of Graphviz; characters that cannot be shown are replaced."""
    return html.escape(_NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", visible(text))) or " "
