"""What may be: every bound that the project holds itself to, and how a measured value is held against one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

START = 0.35
"""Seconds from a started pytest to the first SQL answered, above `pytest --co` of an empty folder."""
CHECK_START = 2.3
"""The CPU of `ctb check` of one file, against a Python that only imports the libraries which it needs."""
VERDICTS = 0.5
"""Static verdicts, against as many empty test functions in as many files."""
STATIC = 4.0
"""The CPU of reading, parsing and judging by text, against that of squawk on the same files."""
REAL = 10.0
"""A whole run of `pytest --ctb` on a history with the shape of real ones, against one psql that applies its files."""
REAL_ALONE = 15.0
"""The same with one process."""
DUMP = 6.0
"""The same of a dump of 5,000 statements with grants."""
DUMP_MEMORY = 120.0
"""The most memory, in MB, that the evidence of that dump takes."""
TABLES = 4.6
"""The processor time of 1,600 tables in one transaction, against that of 400."""
CONCURRENT = 30.0
"""A whole run on 30 files of one CREATE INDEX CONCURRENTLY each, against psql."""
ALTERING = 10.0
"""A whole run on 150 small files that all alter one table, against psql."""
EVIDENCE = 18.0
"""The evidence that one process collects, against one psql that applies the files. It was 10: docs/decisions.md."""
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


class Asked(NamedTuple):
    """A small history, and the most that a replay of it may ask of its server, for each of its statements."""

    history: str
    size: int
    round_trips: float
    refused: float
    """Made-up rows that the server did not take."""
    copies: float
    comparisons: float
    kilobytes: float
    """What the server tells."""
    logins: float


COUNTS = (
    Asked("prisma", 16, 30.0, 0.0, 0.02, 0.04, 16.7, 0.13),
    Asked("golang-migrate", 12, 28.04, 1.87, 0.02, 0.55, 18.4, 0.14),
    Asked("goose", 10, 21.4, 0.78, 0.02, 0.42, 17.7, 0.12),
    Asked("diesel", 16, 40.62, 1.91, 0.03, 1.34, 25.5, 0.24),
    Asked("numbered", 14, 25.08, 0.0, 0.02, 0.04, 14.4, 0.15),
    Asked("dump", 100, 2.6, 0.0, 0.01, 0.02, 1.1, 0.07),
    Asked("dump", 400, 2.23, 0.0, 0.01, 0.01, 1.1, 0.02),
    Asked("tables", 40, 1.74, 0.0, 0.03, 0.05, 2.0, 0.17),
    Asked("tables", 160, 1.2, 0.0, 0.01, 0.02, 1.8, 0.05),
    Asked("concurrent", 4, 42.4, 0.0, 0.2, 2.0, 10.2, 1.8),
    Asked("altering", 12, 44.7, 0.0, 0.05, 1.2, 18.2, 0.4),
)
"""Lower a figure when it falls: `python benchmarks/tally.py` prints all as they are now. None of them is a time."""


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
