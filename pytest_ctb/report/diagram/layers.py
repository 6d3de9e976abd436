"""Lay out boxes and arrows in layers: the target of an arrow stands left of its source.

After Sugiyama, Tagawa and Toda (1981), https://doi.org/10.1109/TSMC.1981.4308636: boxes are set in layers, each
ordered by the middle of its neighbours, and an arrow that passes a layer gets a thin cell there, so that it passes
between boxes. Arrows of the same left box share these cells: a box with many arrows has a trunk with branches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from operator import attrgetter

_ASPECT = 1.6
"""The wanted ratio of width to height: that of a screen."""
_SWEEPS = 12
_GAP, _HOLE, _BETWEEN, _THIN = 22.0, 44.0, 90.0, 8.0
"""The least and the greatest gap in a layer, the gap between layers, the height of a passing arrow; in px."""

Arrow = tuple[str, str]
"""The names of its source and its target."""


@dataclass(frozen=True)
class Box:
    """A box to place; sizes in px."""

    name: str
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """The upper left corner of each box, the points that each arrow passes, and the size of the whole; in px."""

    corners: Mapping[str, tuple[float, float]]
    passes: Mapping[Arrow, tuple[tuple[float, float], ...]]
    width: float
    height: float


@dataclass
class _Cell:
    """A box, or the thin cell where arrows pass a layer; `left` and `right` are its neighbours."""

    name: str
    height: float
    left: list[_Cell]
    right: list[_Cell]
    y: float = 0.0

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def lay_out(boxes: Sequence[Box], arrows: Iterable[Arrow]) -> Layout:
    """Place boxes by their arrows; those without arrows stand below, in rows, in the given order."""
    by_name = {box.name: box for box in boxes}
    drawn = sorted(
        {(source, target) for source, target in arrows if source != target and {source, target} <= by_name.keys()}
    )
    connected = {name for arrow in drawn for name in arrow}
    corners: dict[str, tuple[float, float]] = {}
    passes: dict[Arrow, tuple[tuple[float, float], ...]] = {}
    width = height = 0.0
    if connected:
        layers = _layers([box for box in boxes if box.name in connected], drawn)
        width, height = _position(layers, by_name, drawn, corners, passes)
    unconnected = [box for box in boxes if box.name not in connected]
    across = max(width, sqrt(sum((box.width + _GAP) * (box.height + _GAP) for box in unconnected) * _ASPECT))
    x, y, row = 0.0, height + 2 * _GAP if connected and unconnected else 0.0, 0.0
    for box in unconnected:
        if x and x + box.width > across:
            x, y, row = 0.0, y + row + _GAP, 0.0
        corners[box.name] = (x, y)
        x, row = x + box.width + _GAP, max(row, box.height)
        width = max(width, x - _GAP)
        height = y + row
    return Layout(corners, passes, width, height)


def _layers(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> dict[str, int]:
    """The layer of each box: right of all its targets, as far left as the height of the layers allows."""
    targets: dict[str, list[str]] = defaultdict(list)
    for source, target in arrows:
        targets[source].append(target)
    area = sum((box.width + _BETWEEN) * (box.height + _GAP) for box in boxes)
    room = max(sqrt(area / _ASPECT), *(box.height for box in boxes))
    taken: dict[int, float] = defaultdict(float)
    layers: dict[str, int] = {}
    heights = {box.name: box.height + _GAP for box in boxes}
    for name in _sorted([box.name for box in boxes], targets):
        layer = max((layers[target] + 1 for target in targets[name] if target in layers), default=0)
        while taken[layer] and taken[layer] + heights[name] > room:
            layer += 1
        taken[layer] += heights[name]
        layers[name] = layer
    return _closer_to_sources(layers, arrows, taken, heights, room)


def _closer_to_sources(
    layers: dict[str, int],
    arrows: Sequence[Arrow],
    taken: dict[int, float],
    heights: Mapping[str, float],
    room: float,
) -> dict[str, int]:
    """Move each box without targets to the layer left of its first source, where there is room."""
    first: dict[str, int] = {}
    for source, target in arrows:
        first[target] = min(first.get(target, layers[source]), layers[source])
    pointing = {source for source, _ in arrows}
    for name in sorted(first.keys() - pointing):
        layer = first[name] - 1
        while layer > layers[name] and taken[layer] + heights[name] > room:
            layer -= 1
        if layer > layers[name]:
            taken[layers[name]] -= heights[name]
            taken[layer] += heights[name]
            layers[name] = layer
    return layers


def _sorted(names: Sequence[str], targets: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """The names, each after all its targets; in a circle, after those that were visited first."""
    done: set[str] = set()
    for first in names:
        path = [(first, iter(targets.get(first, ())))] if first not in done else []
        done.add(first)
        while path:
            name, rest = path[-1]
            following = next((target for target in rest if target not in done), None)
            if following is None:
                path.pop()
                yield name
            else:
                done.add(following)
                path.append((following, iter(targets.get(following, ()))))


def _position(
    layers: Mapping[str, int],
    boxes: Mapping[str, Box],
    arrows: Sequence[Arrow],
    corners: dict[str, tuple[float, float]],
    passes: dict[Arrow, tuple[tuple[float, float], ...]],
) -> tuple[float, float]:
    """Fill `corners` and `passes`: order the layers and stack their cells. Returns width and height."""
    numbers = {old: new for new, old in enumerate(sorted(set(layers.values())))}
    columns: list[list[_Cell]] = [[] for _ in numbers]
    cells = {name: _Cell(name, boxes[name].height, [], []) for name in layers}
    for name, layer in layers.items():
        columns[numbers[layer]].append(cells[name])
    trunks: dict[tuple[str, int], _Cell] = {}
    paths: dict[Arrow, list[tuple[int, _Cell]]] = {}  # from left to right
    for arrow in arrows:
        left, right = sorted(arrow, key=lambda name: layers[name])
        path: list[tuple[int, _Cell]] = []
        before = cells[left]
        for layer in range(numbers[layers[left]] + 1, numbers[layers[right]]):
            thin = trunks.get((left, layer))
            if thin is None:
                thin = trunks[left, layer] = _Cell("", _THIN, [before], [])
                before.right.append(thin)
                columns[layer].append(thin)
            path.append((layer, thin))
            before = thin
        if numbers[layers[left]] != numbers[layers[right]]:
            before.right.append(cells[right])
            cells[right].left.append(before)
        paths[arrow] = path
    _order_layers(columns)
    widths = [max((boxes[cell.name].width for cell in column if cell.name), default=0.0) for column in columns]
    starts = [sum(widths[:number]) + number * _BETWEEN for number in range(len(widths))]
    top = min(cell.y for column in columns for cell in column)
    for name, layer in layers.items():
        corners[name] = (starts[numbers[layer]], cells[name].y - top)
    for (source, target), path in paths.items():
        points = [(starts[layer] + side, cell.middle - top) for layer, cell in path for side in (0.0, widths[layer])]
        passes[source, target] = tuple(points if layers[source] < layers[target] else points[::-1])
    height = max(cell.y + cell.height for column in columns for cell in column) - top
    return starts[-1] + widths[-1], height


def _order_layers(columns: Sequence[list[_Cell]]) -> None:
    """Sort each layer by the middle of its neighbours, in sweeps to and fro, and keep its cells apart."""
    for column in columns:
        _spread_apart(column)
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for column in columns if forth else reversed(columns):
            for cell in column:
                near = (cell.left if forth else cell.right) or cell.left or cell.right
                if near:
                    cell.y = sum(neighbour.middle for neighbour in near) / len(near) - cell.height / 2
            column.sort(key=attrgetter("middle"))
            _spread_apart(column)
    for column in columns:
        _close_holes(column)


def _spread_apart(column: Sequence[_Cell]) -> None:
    """Push overlapping cells apart, and keep the middle of the layer."""
    if not column:
        return
    wanted = sum(cell.middle for cell in column) / len(column)
    below = None
    for cell in column:
        gap = 0.0 if below is None else (_GAP if cell.name or below.name else _THIN / 2)
        if below is not None:
            cell.y = max(cell.y, below.y + below.height + gap)
        below = cell
    shift = sum(cell.middle for cell in column) / len(column) - wanted
    for cell in column:
        cell.y -= shift


def _close_holes(column: Sequence[_Cell]) -> None:
    """Close holes between cells that are wider than needed, and keep the middle of the layer."""
    middle = sum(cell.middle for cell in column) / len(column)
    for above, cell in pairwise(column):
        cell.y = min(cell.y, above.y + above.height + (_HOLE if cell.name or above.name else _THIN))
    shift = sum(cell.middle for cell in column) / len(column) - middle
    for cell in column:
        cell.y -= shift
