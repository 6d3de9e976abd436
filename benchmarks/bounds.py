"""What may be: every bound that the project holds itself to, and how a measured value is held against one."""

from __future__ import annotations

from dataclasses import dataclass

START = 0.35
"""Seconds from a started pytest to the first SQL answered, above `pytest --co` of an empty folder."""
CHECK = 2.3
"""The CPU of `ctb check` of one file, against a Python that only imports the libraries which it needs."""
VERDICTS = 0.5
"""Static verdicts, against as many empty test functions in as many files."""
STATIC = 4.0
"""Reading, parsing and judging by text, against squawk on the same files."""
EVIDENCE = 10.0
"""The evidence, against one psql that applies the same files."""
PACK = 1.25
"""The evidence and verdicts with the pack `online`, against those without."""
GROWTH = 1.1
"""How much more a file may cost, in time and in memory, in a history that is many times as long."""
RERUN = 1.5
"""Seconds that a run after one more migration takes above telling as many results."""
CACHING = 1.03
"""A first run, which keeps for later what it sees, against one that keeps nothing."""
PARALLEL = 1.5
"""How many times as fast the evidence is had by two processes, on two cores: at least."""


@dataclass(frozen=True)
class Bound:
    """A limit that a value must not pass."""

    limit: float
    at_least: bool = False
    """The value must reach it, where it otherwise must stay below."""

    def holds(self, value: float) -> bool:
        """Whether the value keeps to it."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'at least' if self.at_least else 'at most'} {self.limit:g}"


@dataclass(frozen=True)
class Figure:
    """One measured value, told with its name; a time is the median of its runs."""

    name: str
    value: float
    unit: str = ""
    """`s`, `ms`, `MB`; empty for a ratio."""
    bound: Bound | None = None

    @property
    def holds(self) -> bool:
        """It keeps to its bound, if it has one."""
        return self.bound is None or self.bound.holds(self.value)

    def __str__(self) -> str:
        number = f"{self.value:,.0f}" if self.unit == "MB" else f"{self.value:.2f}"
        return f"{number} {self.unit}".strip()


@dataclass(frozen=True)
class Skipped:
    """What could not be measured here, and why."""

    name: str
    why: str


@dataclass(frozen=True)
class Grid:
    """A table of its own: several things side by side."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def lines(self) -> list[str]:
        """The table as Markdown."""
        rule = ("---", *("--:" for _ in self.header[1:]))
        return [f"| {' | '.join(cells)} |" for cells in (self.header, rule, *self.rows)]


Found = Figure | Skipped | Grid
