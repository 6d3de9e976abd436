"""Boxes with arrows between them, set in layers: what is pointed at stands left of what points.

After Sugiyama, Tagawa and Toda (1981), https://doi.org/10.1109/TSMC.1981.4308636: layers, order within a layer by the
middle of the neighbours, and a thin box in each layer that arrows pass, so that they pass between others. Arrows from
or to one box on the left share these: what is pointed at by many has one trunk with many branches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

_ASPECT = 1.6
"""How much wider than high the whole should be: as a screen is."""
_SWEEPS = 12
_GAP, _HOLE, _BETWEEN, _THIN = 22.0, 44.0, 90.0, 8.0
"""The least and the most between boxes of a layer, what is between layers, and the height that passing arrows take."""

Arrow = tuple[str, str]
"""From the box that points to the one that is pointed at."""


@dataclass(frozen=True)
class Box:
    """What is to be placed."""

    name: str
    width: float
    height: float


@dataclass(frozen=True)
class Placed:
    """Where everything stands: the upper left corner of each box, and the points that an arrow passes on its way."""

    corners: Mapping[str, tuple[float, float]]
    passes: Mapping[Arrow, tuple[tuple[float, float], ...]]
    width: float
    height: float


@dataclass
class _Cell:
    """A box, or the thin place where an arrow passes a layer."""

    name: str
    height: float
    left: list[_Cell]
    right: list[_Cell]
    y: float = 0.0

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def place(boxes: Sequence[Box], arrows: Iterable[Arrow]) -> Placed:
    """Place boxes by their arrows; those without any stand below, in rows, in the order given."""
    known = {one.name: one for one in boxes}
    drawn = sorted({one for one in arrows if one[0] != one[1] and one[0] in known and one[1] in known})
    tied = {name for arrow in drawn for name in arrow}
    corners: dict[str, tuple[float, float]] = {}
    passes: dict[Arrow, tuple[tuple[float, float], ...]] = {}
    width = height = 0.0
    if tied:
        layers = _layers([one for one in boxes if one.name in tied], drawn)
        width, height = _set(layers, known, drawn, corners, passes)
    loose = [one for one in boxes if one.name not in tied]
    across = max(width, sqrt(sum((one.width + _GAP) * (one.height + _GAP) for one in loose) * _ASPECT))
    x, y, row = 0.0, height + 2 * _GAP if tied and loose else 0.0, 0.0
    for one in loose:
        if x and x + one.width > across:
            x, y, row = 0.0, y + row + _GAP, 0.0
        corners[one.name] = (x, y)
        x, row = x + one.width + _GAP, max(row, one.height)
        width = max(width, x - _GAP)
        height = y + row
    return Placed(corners, passes, width, height)


def _layers(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> dict[str, int]:
    """The layer of each box: right of all that it points at, as far left as there is room below one another."""
    targets: dict[str, list[str]] = defaultdict(list)
    for source, target in arrows:
        targets[source].append(target)
    area = sum((one.width + _BETWEEN) * (one.height + _GAP) for one in boxes)
    room = max(sqrt(area / _ASPECT), *(one.height for one in boxes))
    taken: dict[int, float] = defaultdict(float)
    layers: dict[str, int] = {}
    heights = {one.name: one.height + _GAP for one in boxes}
    for name in _sorted([one.name for one in boxes], targets):
        layer = max((layers[one] + 1 for one in targets[name] if one in layers), default=0)
        while taken[layer] and taken[layer] + heights[name] > room:
            layer += 1
        taken[layer] += heights[name]
        layers[name] = layer
    return _drawn_near(layers, arrows, taken, heights, room)


def _drawn_near(
    layers: dict[str, int],
    arrows: Sequence[Arrow],
    taken: dict[int, float],
    heights: Mapping[str, float],
    room: float,
) -> dict[str, int]:
    """Move each box that points at nothing to the layer before the first that points at it, where there is room."""
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
    """Each box behind all that it points at; in a circle, behind those that were come to first."""
    done: set[str] = set()
    for first in names:
        path = [(first, iter(targets.get(first, ())))] if first not in done else []
        done.add(first)
        while path:
            name, rest = path[-1]
            following = next((one for one in rest if one not in done), None)
            if following is None:
                path.pop()
                yield name
            else:
                done.add(following)
                path.append((following, iter(targets.get(following, ()))))


def _set(
    layers: Mapping[str, int],
    boxes: Mapping[str, Box],
    arrows: Sequence[Arrow],
    corners: dict[str, tuple[float, float]],
    passes: dict[Arrow, tuple[tuple[float, float], ...]],
) -> tuple[float, float]:
    """Order the layers, set their cells below one another, and tell how wide and high that is."""
    numbers = {old: new for new, old in enumerate(sorted(set(layers.values())))}
    columns: list[list[_Cell]] = [[] for _ in numbers]
    cells = {name: _Cell(name, boxes[name].height, [], []) for name in layers}
    for name, layer in layers.items():
        columns[numbers[layer]].append(cells[name])
    trunks: dict[tuple[str, int], _Cell] = {}
    ways: dict[Arrow, list[tuple[int, _Cell]]] = {}  # from left to right
    for arrow in arrows:
        low, high = sorted(arrow, key=lambda name: layers[name])
        way: list[tuple[int, _Cell]] = []
        before = cells[low]
        for layer in range(numbers[layers[low]] + 1, numbers[layers[high]]):
            thin = trunks.get((low, layer))
            if thin is None:
                thin = trunks[low, layer] = _Cell("", _THIN, [before], [])
                before.right.append(thin)
                columns[layer].append(thin)
            way.append((layer, thin))
            before = thin
        if numbers[layers[low]] != numbers[layers[high]]:
            before.right.append(cells[high])
            cells[high].left.append(before)
        ways[arrow] = way
    _order(columns)
    widths = [max((boxes[one.name].width for one in column if one.name), default=0.0) for column in columns]
    starts = [sum(widths[:number]) + number * _BETWEEN for number in range(len(widths))]
    top = min(one.y for column in columns for one in column)
    for name, layer in layers.items():
        corners[name] = (starts[numbers[layer]], cells[name].y - top)
    for (source, target), way in ways.items():
        points = [(starts[layer] + side, one.middle - top) for layer, one in way for side in (0.0, widths[layer])]
        passes[source, target] = tuple(points if layers[source] < layers[target] else points[::-1])
    height = max(one.y + one.height for column in columns for one in column) - top
    return starts[-1] + widths[-1], height


def _order(columns: Sequence[list[_Cell]]) -> None:
    """Bring each layer into the order of the middles of its neighbours, to and fro, and keep its cells apart."""
    for column in columns:
        _stack(column)
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for column in columns if forth else reversed(columns):
            for cell in column:
                near = (cell.left if forth else cell.right) or cell.left or cell.right
                if near:
                    cell.y = sum(one.middle for one in near) / len(near) - cell.height / 2
            column.sort(key=lambda one: one.middle)
            _stack(column)
    for column in columns:
        _draw_together(column)


def _stack(column: Sequence[_Cell]) -> None:
    """Push cells that overlap apart, and the whole back to where its middle was meant to be."""
    if not column:
        return
    wanted = sum(one.middle for one in column) / len(column)
    below = None
    for one in column:
        gap = 0.0 if below is None else (_GAP if one.name or below.name else _THIN / 2)
        if below is not None:
            one.y = max(one.y, below.y + below.height + gap)
        below = one
    shift = sum(one.middle for one in column) / len(column) - wanted
    for one in column:
        one.y -= shift


def _draw_together(column: Sequence[_Cell]) -> None:
    """Leave no hole between two cells that is wider than it takes to tell them apart, and the middle where it was."""
    middle = sum(one.middle for one in column) / len(column)
    for above, one in pairwise(column):
        one.y = min(one.y, above.y + above.height + (_HOLE if one.name or above.name else _THIN))
    shift = sum(one.middle for one in column) / len(column) - middle
    for one in column:
        one.y -= shift
