"""Histories with the shape of real ones: five tools, each as public folders of it look, and four that strain one thing.

    python benchmarks/shapes.py NAME FOLDER [SIZE] [SEED]

`NAME` is one of `HISTORIES`. What is written depends on these words alone. `SHAPES` has the figures that each of the
five is made after, and holds; `pytest.ini` beside the migrations names the layout.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

import bulk
from growth import Growth, Step
from layouts import WRITERS, File


@dataclass(frozen=True)
class Shape:
    """What the folders of one tool look like. Shares are of files, of statements, or of tables."""

    layout: str
    files: int
    statements: float
    """A file, on average."""
    tiny: float
    """Files of one or two statements."""
    guarded: float
    """Statements with IF [NOT] EXISTS or OR REPLACE."""
    outside: float
    """Files that run outside a transaction."""
    grants: float
    """Statements that are GRANT."""
    refusing: float
    """Tables that take no made-up row, by a constraint or trigger of their own or of a table that they need."""
    down: float
    """Files that say how they are taken back."""
    unqualified: float
    """Statements that name no schema."""
    settings: str = ""
    """More lines below the layout in pytest.ini."""


SHAPES: Mapping[str, Shape] = {
    "prisma": Shape("prisma", 180, 3.9, 0.62, 0.01, 0.0, 0.0, 0.06, 0.0, 1.0),
    "golang-migrate": Shape("golang-migrate", 120, 5.0, 0.50, 0.08, 0.03, 0.0, 0.15, 0.97, 1.0),
    "goose": Shape("goose", 90, 8.5, 0.45, 0.18, 0.12, 0.02, 0.15, 0.85, 0.97),
    "diesel": Shape("diesel", 160, 2.6, 0.70, 0.05, 0.06, 0.01, 0.10, 0.97, 0.97),
    "numbered": Shape(
        "numbered", 140, 4.0, 0.55, 0.12, 0.0, 0.03, 0.10, 0.0, 1.0, "    transaction: file\n    runs: once\n"
    ),
}
"""By the name of the history, which is that of its layout."""

_EMPTY, _DIFFERENT, _FAILING = 0.09, 0.15, 0.04
"""Files for the way back that do nothing, that leave a difference, and that fail: of 2,260 public ones."""


def write(name: str, folder: Path, size: int = 0, seed: int = 1) -> None:
    """Write a history below `folder`, with its pytest.ini; of so many files, or tables, where `size` says it."""
    folder.mkdir(parents=True, exist_ok=True)
    if name in SHAPES:
        shape = SHAPES[name]
        layout, settings = shape.layout, shape.settings
        files = _files(shape, size or shape.files, Random(f"{name} {seed}"))
    else:
        layout, make, usual = bulk.HISTORIES[name]
        settings, files = "", make(size or usual)
    (folder / "pytest.ini").write_text(f"[pytest]\nctb_layout =\n    {layout}\n{settings}", encoding="utf-8")
    for number, file in enumerate(files):
        WRITERS[layout](folder / "migrations", number, file)


HISTORIES = (*SHAPES, *bulk.HISTORIES)


class _Quota:
    """Says yes so often that the share of yes among all questions stays the given one."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._asked = 0
        self._given = 0

    def due(self, *, possible: bool = True) -> bool:
        """Whether the next one is one of them; where that is not possible, a later one is in its place."""
        self._asked += 1
        given = possible and self._given + 0.5 <= self._asked * self._share
        self._given += given
        return given


def _sizes(shape: Shape, files: int, random: Random) -> list[int]:
    """How many statements each file has: many tiny ones, few large ones, the first one of the larger."""
    tiny = [random.choice((1, 1, 2)) for _ in range(round(files * shape.tiny))]
    rest = files - len(tiny)
    left = max(round(files * shape.statements) - sum(tiny) - 3 * rest, 0)
    weights = [random.expovariate(1) for _ in range(rest)]
    large = sorted(3 + round(left * weight / sum(weights)) for weight in weights)
    first = large.pop(len(large) * 3 // 4) if large else 3
    others = tiny + large
    random.shuffle(others)
    return [first, *others]


def _files(shape: Shape, count: int, random: Random) -> Iterator[File]:
    growth = Growth(random, shape.layout, refusing=_Quota(shape.refusing).due)
    outside, down = _Quota(shape.outside), _Quota(shape.down)
    empty, different, failing = _Quota(_EMPTY), _Quota(_DIFFERENT), _Quota(_FAILING)
    guarded, grants, qualified = _Quota(shape.guarded), _Quota(shape.grants), _Quota(1 - shape.unqualified)
    for number, size in enumerate(_sizes(shape, count, random)):
        alone = outside.due(possible=size <= 2 and number > 2 and not growth.is_half_done)
        steps: list[Step] = []
        if alone:
            steps.append(growth.index_concurrently(guarded=guarded.due(), public=qualified.due()))
        elif number == 0:
            steps += growth.beginning(size, roles=shape.grants > 0)
            for _ in steps:
                guarded.due(possible=False), grants.due(possible=False), qualified.due(possible=False)
        growth.look_elsewhere()
        while not alone and len(steps) < size:
            steps.append(_step(growth, guarded, grants, qualified, tiny=size <= 2))
        back: list[str] | None = None
        if down.due():
            back = [step.down for step in reversed(steps) if step.down]
            if empty.due():
                back = []
            elif different.due(possible=len(back) > 1):
                back = back[1:]
            elif failing.due(possible=not alone):
                back.append("DROP TABLE nobody_made_this;")
        yield File(growth.title(steps), [step.up for step in steps], back, outside=alone)


def _step(growth: Growth, guarded: _Quota, grants: _Quota, qualified: _Quota, *, tiny: bool) -> Step:
    """The next statement, of the kind whose turn it is."""
    if grants.due():
        guarded.due(possible=False)
        return growth.grant(public=qualified.due())
    step = growth.next(tiny=tiny)
    use_guard = guarded.due(possible=step.can_be_guarded)
    return step.written(guarded=use_guard, public=qualified.due(possible=step.has_name))


def main(name: str, folder: str, size: str = "0", seed: str = "1") -> None:
    """Write one history, as the command line says."""
    write(name, Path(folder), int(size), int(seed))


_main: Callable[..., None] = main

if __name__ == "__main__":
    _main(*sys.argv[1:])
