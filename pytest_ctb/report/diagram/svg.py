"""The entity relationship diagram of a schema as SVG, for a page whose style sheet colours it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple
from xml.etree import ElementTree as ET

from pytest_ctb.model import Schema
from pytest_ctb.model.visible import visible
from pytest_ctb.report.diagram.entities import Column, Entities, EntityTable, Reference, entities
from pytest_ctb.report.diagram.layers import Box, Layout, lay_out

_CHAR = 7.25
"""The width of a character, in px: the style sheet sets 12 px monospaced type."""
_ROW, _HEAD, _SIDE = 19.0, 29.0, 10.0
_MARK = 24.0
"""The space for the key before a column's name, in px."""
_LONGEST = 34
"""How many characters of a name or a type are shown; the tooltip has the whole text."""
_MARGIN = 28.0
_COLOURS = 8
"""How many colours the style sheet has for schemas."""


def diagram(by_database: Mapping[str, Schema]) -> str:
    """The SVG element of the diagram of schemas, by the name of their database; empty where there is no table."""
    parts = [entities(schema).within(name) if name else entities(schema) for name, schema in by_database.items()]
    content = Entities(
        tuple(table for part in parts for table in part.tables),
        tuple(reference for part in parts for reference in part.references),
    )
    if not content.tables:
        return ""
    layout = lay_out(
        [_box(table) for table in content.tables],
        [(reference.table, reference.target) for reference in content.references],
    )
    width, height = layout.width + 2 * _MARGIN, layout.height + 2 * _MARGIN
    svg = ET.Element(
        "svg",
        {
            "viewBox": f"{-_MARGIN:g} {-_MARGIN:g} {width:.0f} {height:.0f}",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "role": "group",
            "aria-label": f"{len(content.tables)} tables, {len(content.references)} foreign keys",
        },
    )
    tables = {table.name: table for table in content.tables}
    arrows = ET.SubElement(svg, "g", {"class": "references"})
    for reference in content.references:
        _draw_reference(arrows, reference, tables, layout)
    schemas = dict.fromkeys(table.schema for table in content.tables)
    colours = {name: number % _COLOURS for number, name in enumerate(schemas)}
    for table in content.tables:
        _draw_table(svg, table, layout.corners[table.name], colours[table.schema], content)
    for element in svg.iter():
        element.text = visible(element.text) if element.text else None
        element.attrib |= {name: visible(value) for name, value in element.attrib.items()}
    return ET.tostring(svg, encoding="unicode")


def _box(table: EntityTable) -> Box:
    head = len(_short(table.name)) + (11 if table.partitions else 0)
    rows = [len(_short(column.name)) + 2 + len(_short(column.type)) for column in table.columns]
    width = max(2 * _SIDE + head * _CHAR * 1.12, 2 * _SIDE + _MARK + max(rows, default=0) * _CHAR, 150.0)
    return Box(table.name, round(width), _HEAD + _ROW * len(table.columns) + 5)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _text(parent: ET.Element, words: str, x: float, y: float, **attributes: str) -> ET.Element:
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    element = ET.SubElement(parent, "text", {"x": f"{x:g}", "y": f"{y:g}", **named})
    element.text = _short(words)
    return element


def _draw_table(
    svg: ET.Element, table: EntityTable, corner: tuple[float, float], colour: int, content: Entities
) -> None:
    box = _box(table)
    group = ET.SubElement(
        svg,
        "g",
        {
            "class": f"table s{colour}",
            "transform": f"translate({corner[0]:.0f} {corner[1]:.0f})",
            "data-table": table.name,
            "data-schema": table.schema,
            "role": "img",
            "tabindex": "-1",
            "aria-label": _description(table, content),
        },
    )
    width, height = f"{box.width:g}", f"{box.height:g}"
    ET.SubElement(group, "rect", {"class": "box", "width": width, "height": height, "rx": "6"})
    ET.SubElement(group, "path", {"class": "head", "d": _head(box.width)})
    _text(group, table.name, _SIDE, 19, class_="name")
    if table.partitions:
        _text(group, f"{table.partitions} parts", box.width - _SIDE, 19, class_="type", text_anchor="end")
    for number, column in enumerate(table.columns):
        y = _HEAD + _ROW * number + 14.5
        _text(group, _mark(column), _SIDE, y, class_="key")
        _text(group, column.name, _SIDE + _MARK, y, class_="column" if column.required else "column optional")
        _text(group, column.type, box.width - _SIDE, y, class_="type", text_anchor="end")
        if len(column.name) > _LONGEST or len(column.type) > _LONGEST:
            ET.SubElement(group, "title").text = f"{column.name} {column.type}"


def _head(width: float) -> str:
    return f"M0 {_HEAD - 2:g}V6a6 6 0 0 1 6-6H{width - 6:g}a6 6 0 0 1 6 6V{_HEAD - 2:g}z"


def _mark(column: Column) -> str:
    if column.primary:
        return "PK"
    if column.references:
        return "FK"
    return "UQ" if column.unique else ""


def _description(table: EntityTable, content: Entities) -> str:
    columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
    targets = [reference.target for reference in content.references if reference.table == table.name]
    return f"{table.name}: {columns}" + (f"; references {', '.join(dict.fromkeys(targets))}" if targets else "")


def _draw_reference(
    parent: ET.Element, reference: Reference, tables: Mapping[str, EntityTable], layout: Layout
) -> None:
    source = _connection(tables[reference.table], reference.columns, layout)
    target = _connection(tables[reference.target], reference.target_columns, layout)
    ends = {"data-from": reference.table, "data-to": reference.target}
    if source.left == target.left:
        # In the same layer, or of a table to itself: out at the right side, and back in there.
        start, end = (source.right, source.y), (target.right, target.y)
        out = max(start[0], end[0]) + 26
        path = f"M{_point(start)}C{out:.0f} {source.y:.0f} {out:.0f} {target.y:.0f} {_point(end)}"
    else:
        leftwards = target.left < source.left
        start = (source.left if leftwards else source.right, source.y)
        end = (target.right if leftwards else target.left, target.y)
        path = _path([start, *layout.passes.get((reference.table, reference.target), ()), end])
    element = ET.SubElement(parent, "path", {"d": path, **ends})
    columns = ", ".join(reference.columns)
    ET.SubElement(element, "title").text = f"{reference.table} ({columns}) references {reference.target}"
    for (x, y), kind in ((start, "from"), (end, "to")):
        ET.SubElement(parent, "circle", {"class": kind, "cx": f"{x:.0f}", "cy": f"{y:.0f}", "r": "3", **ends})


class _Connection(NamedTuple):
    """Where an arrow may meet a table: its left and right side, and the height."""

    left: float
    right: float
    y: float


def _connection(table: EntityTable, columns: Sequence[str], layout: Layout) -> _Connection:
    """The connection of a table at the height of the first of the columns; without columns, of the primary key."""
    x, y = layout.corners[table.name]
    rows = [
        number
        for number, column in enumerate(table.columns)
        if (column.name == columns[0] if columns else column.primary)
    ]
    row = _HEAD + _ROW * rows[0] + _ROW / 2 if rows else _HEAD / 2
    return _Connection(x, x + _box(table).width, y + row)


def _point(point: tuple[float, float]) -> str:
    return f"{point[0]:.0f} {point[1]:.0f}"


def _path(points: Sequence[tuple[float, float]]) -> str:
    """The path through the points: curves between layers, straight lines through them."""
    path = f"M{_point(points[0])}"
    for number, (before, point) in enumerate(pairwise(points)):
        middle = (before[0] + point[0]) / 2
        curve = f"C{middle:.0f} {before[1]:.0f} {middle:.0f} {point[1]:.0f} {_point(point)}"
        path += f"L{_point(point)}" if number % 2 else curve
    return path
