"""The entity relationship diagram of a schema, in the language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from pytest_ctb.model.visible import visible
from pytest_ctb.report.diagram.entities import Column, Entities, Reference, Table

_HEAD = """digraph {
    graph [rankdir=LR, ranksep=1, nodesep=0.3, fontname="Helvetica", fontsize=14, color="#90a4ae", style=rounded]
    node [shape=plain, fontname="Helvetica", fontsize=11]
    edge [dir=both, arrowsize=0.9, fontname="Helvetica", fontsize=9, color="#546e7a", fontcolor="#546e7a"]
"""
_NO_TEXT = re.compile(r"[\t\n\r\ufffe\uffff]")
"""What XML cannot hold, or shows as nothing, and `visible` keeps."""


def dot(found: Entities) -> str:
    """A digraph: a record for each table, in a frame for each schema; crow's feet at the ends of each reference."""
    nodes = {one.name: f"t{number}" for number, one in enumerate(found.tables)}
    schemas: dict[str, list[Table]] = {}
    for one in found.tables:
        schemas.setdefault(one.schema, []).append(one)
    lines = []
    for number, (schema, tables) in enumerate(schemas.items()):
        lines += [f"    subgraph cluster_{number} {{", f"        label=<{_text(schema)}>"]
        lines += [f"        {nodes[one.name]} [label=<{''.join(_label(one))}>]" for one in tables]
        lines.append("    }")
    lines += [_edge(one, nodes) for one in found.references]
    return _HEAD + "\n".join(lines) + "\n}\n"


def _label(table: Table) -> Iterator[str]:
    yield '<table border="0" cellborder="1" cellspacing="0" cellpadding="4" color="#90a4ae">'
    yield f'<tr><td bgcolor="#eceff1" colspan="3"><b>{_text(table.name)}</b></td></tr>'
    for one in table.columns:
        name = _text(one.name)
        yield f'<tr><td>{_mark(one)}</td><td align="left">{f"<b>{name}</b>" if one.required else name}</td>'
        yield f'<td align="left">{_text(one.type)}</td></tr>'
    yield "</table>"


def _mark(one: Column) -> str:
    marks = (("PK", one.primary), ("FK", one.references), ("UK", one.unique and not one.primary))
    return " ".join(mark for mark, is_one in marks if is_one) or " "


def _edge(one: Reference, nodes: dict[str, str]) -> str:
    parent = ("crow" if one.several else "tee") + ("odot" if one.optional else "tee")
    child = ("tee" if one.single else "crow") + "odot"
    ends = f"arrowtail={parent}, arrowhead={child}, style={'solid' if one.identifying else 'dashed'}"
    return f"    {nodes[one.target]} -> {nodes[one.table]} [{ends}, label=<{_text(', '.join(one.columns))}>]"


def _text(text: str) -> str:
    """As Graphviz takes it in a label of its own HTML; what cannot be shown shows as a mark."""
    return html.escape(_NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", visible(text))) or " "
