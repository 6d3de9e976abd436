"""The entity relationship diagram of a schema, as SVG to stand in a page whose style sheet colours it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from xml.etree import ElementTree as ET

from pytest_ctb.model import Schema
from pytest_ctb.model.visible import visible
from pytest_ctb.report.diagram.entities import Column, Entities, Reference, Table, entities
from pytest_ctb.report.diagram.layers import Box, Placed, place

_CHAR = 6.65
"""The width of a character of the 11 px monospaced type that the style sheet asks for."""
_ROW, _HEAD, _SIDE = 18.0, 28.0, 10.0
_MARK = 24.0
"""The room before a column's name, for its key."""
_LONGEST = 34
"""How many characters of a name or a type are shown; the whole is told when pointed at."""
_MARGIN = 28.0
_COLOURS = 8
"""How many colours the style sheet has for schemas."""


def diagram(schema: Schema) -> str:
    """The SVG element; empty where there is no table."""
    found = entities(schema)
    if not found.tables:
        return ""
    placed = place([_box(one) for one in found.tables], [(one.table, one.target) for one in found.references])
    width, height = placed.width + 2 * _MARGIN, placed.height + 2 * _MARGIN
    svg = ET.Element(
        "svg",
        {
            "viewBox": f"{-_MARGIN:g} {-_MARGIN:g} {width:.0f} {height:.0f}",
            "width": f"{width:.0f}",
            "height": f"{height:.0f}",
            "role": "group",
            "aria-label": f"{len(found.tables)} tables, {len(found.references)} foreign keys",
        },
    )
    tables = {one.name: one for one in found.tables}
    arrows = ET.SubElement(svg, "g", {"class": "references"})
    for reference in found.references:
        _draw_reference(arrows, reference, tables, placed)
    colours = {name: number % _COLOURS for number, name in enumerate(dict.fromkeys(one.schema for one in found.tables))}
    for one in found.tables:
        _draw_table(svg, one, placed.corners[one.name], colours[one.schema], found)
    for element in svg.iter():
        element.text = visible(element.text) if element.text else None
        element.attrib |= {name: visible(value) for name, value in element.attrib.items()}
    return ET.tostring(svg, encoding="unicode")


def _box(table: Table) -> Box:
    head = len(_short(table.name)) + (11 if table.partitions else 0)
    rows = [len(_short(one.name)) + 2 + len(_short(one.type)) for one in table.columns]
    width = max(2 * _SIDE + head * _CHAR * 1.12, 2 * _SIDE + _MARK + max(rows, default=0) * _CHAR, 150.0)
    return Box(table.name, round(width), _HEAD + _ROW * len(table.columns) + 5)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _text(parent: ET.Element, words: str, x: float, y: float, **attributes: str) -> ET.Element:
    marks = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    one = ET.SubElement(parent, "text", {"x": f"{x:g}", "y": f"{y:g}", **marks})
    one.text = _short(words)
    return one


def _draw_table(svg: ET.Element, table: Table, corner: tuple[float, float], colour: int, found: Entities) -> None:
    box = _box(table)
    group = ET.SubElement(
        svg,
        "g",
        {
            "class": f"table s{colour}",
            "transform": f"translate({corner[0]:.0f} {corner[1]:.0f})",
            "data-table": table.name,
            "role": "img",
            "tabindex": "-1",
            "aria-label": _described(table, found),
        },
    )
    width, height = f"{box.width:g}", f"{box.height:g}"
    ET.SubElement(group, "rect", {"class": "box", "width": width, "height": height, "rx": "6"})
    ET.SubElement(group, "path", {"class": "head", "d": _head(box.width)})
    _text(group, table.name, _SIDE, 18.5, class_="name")
    if table.partitions:
        _text(group, f"{table.partitions} parts", box.width - _SIDE, 18.5, class_="type", text_anchor="end")
    for number, one in enumerate(table.columns):
        y = _HEAD + _ROW * number + 14
        _text(group, _mark(one), _SIDE, y, class_="key")
        _text(group, one.name, _SIDE + _MARK, y, class_="column" if one.required else "column optional")
        _text(group, one.type, box.width - _SIDE, y, class_="type", text_anchor="end")
        if len(one.name) > _LONGEST or len(one.type) > _LONGEST:
            ET.SubElement(group, "title").text = f"{one.name} {one.type}"


def _head(width: float) -> str:
    return f"M0 {_HEAD - 2:g}V6a6 6 0 0 1 6-6H{width - 6:g}a6 6 0 0 1 6 6V{_HEAD - 2:g}z"


def _mark(column: Column) -> str:
    if column.primary:
        return "PK"
    if column.references:
        return "FK"
    return "UQ" if column.unique else ""


def _described(table: Table, found: Entities) -> str:
    columns = ", ".join(f"{one.name} {one.type}" for one in table.columns)
    to = [one.target for one in found.references if one.table == table.name]
    return f"{table.name}: {columns}" + (f"; references {', '.join(dict.fromkeys(to))}" if to else "")


def _draw_reference(parent: ET.Element, one: Reference, tables: Mapping[str, Table], placed: Placed) -> None:
    (left, top, width), (other, below, breadth) = (
        _port(tables[name], columns, placed)
        for name, columns in ((one.table, one.columns), (one.target, one.target_columns))
    )
    ends = {"data-from": one.table, "data-to": one.target}
    if left == other:
        # In one layer, or of a table to itself: out at the right side, and back in there.
        start, end = (left + width, top), (other + breadth, below)
        out = max(start[0], end[0]) + 26
        path = f"M{_point(start)}C{out:.0f} {top:.0f} {out:.0f} {below:.0f} {_point(end)}"
    else:
        leftwards = other < left
        start, end = (left if leftwards else left + width, top), (other + breadth if leftwards else other, below)
        path = _way([start, *placed.passes.get((one.table, one.target), ()), end])
    element = ET.SubElement(parent, "path", {"d": path, **ends})
    ET.SubElement(element, "title").text = f"{one.table} ({', '.join(one.columns)}) references {one.target}"
    for (x, y), kind in ((start, "from"), (end, "to")):
        ET.SubElement(parent, "circle", {"class": kind, "cx": f"{x:.0f}", "cy": f"{y:.0f}", "r": "3", **ends})


def _port(table: Table, columns: Sequence[str], placed: Placed) -> tuple[float, float, float]:
    """Where an arrow meets a table: its left side, the height of the first of the columns, its width."""
    x, y = placed.corners[table.name]
    rows = [number for number, one in enumerate(table.columns) if (one.name == columns[0] if columns else one.primary)]
    row = _HEAD + _ROW * rows[0] + _ROW / 2 if rows else _HEAD / 2
    return x, y + row, _box(table).width


def _point(at: tuple[float, float]) -> str:
    return f"{at[0]:.0f} {at[1]:.0f}"


def _way(points: Sequence[tuple[float, float]]) -> str:
    """A curve between two layers, a straight line through each that is passed."""
    path = f"M{_point(points[0])}"
    for number, (before, at) in enumerate(pairwise(points)):
        middle = (before[0] + at[0]) / 2
        curve = f"C{middle:.0f} {before[1]:.0f} {middle:.0f} {at[1]:.0f} {_point(at)}"
        path += f"L{_point(at)}" if number % 2 else curve
    return path
