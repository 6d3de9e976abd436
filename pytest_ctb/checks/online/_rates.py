"""How long work on a table takes: rates that `make bench` measured, applied to the table's size in production."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pytest_ctb.model import TableSize

FILE = Path(__file__).with_name("rates.json")
"""Written by `benchmarks/rates.py`."""
_MILLION, _GIGABYTE = 1_000_000, 1 << 30


class Kind(StrEnum):
    """A kind of work whose time grows with the table."""

    READ = "read"
    CHECK = "check"
    NOT_NULL = "not null"
    FOREIGN_KEY = "foreign key"
    REWRITE = "rewrite"
    """Without the indexes, which are built anew as well."""
    INDEX = "index"
    CONCURRENTLY = "index concurrently"
    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class Rate(NamedTuple):
    """The time of one kind of work: so many seconds for each million rows, and so many for each GB that they take."""

    million_rows: float
    gigabyte: float

    def seconds(self, size: TableSize) -> float:
        """How long it takes on a table of this size."""
        return self.million_rows * size.rows / _MILLION + self.gigabyte * size.bytes / _GIGABYTE


@dataclass(frozen=True)
class Rates:
    """What was measured, and where."""

    machine: str
    """As `2 cores, 24 GiB of memory`."""
    postgres: str
    """The version of the server."""
    row_bytes: int
    """The bytes of each row of the tables that the rates were measured on, for tables whose size is not known."""
    kinds: Mapping[Kind, Rate]

    def million(self) -> TableSize:
        """The size of a table of a million ordinary rows."""
        return TableSize(_MILLION, _MILLION * self.row_bytes)


@cache
def rates() -> Rates:
    """The rates that come with the package."""
    document = json.loads(FILE.read_text("utf-8"))
    kinds = {Kind(name): Rate(**rate) for name, rate in document["seconds"].items()}
    return Rates(document["machine"], document["postgres"], document["row_bytes"], kinds)


class Duration(NamedTuple):
    """About how long some work takes."""

    per_million: float
    """Seconds for each million rows: of the table, where its size in production is known, else of ordinary rows."""
    seconds: float | None
    """Of the whole table; None where its size is not known."""

    def __str__(self) -> str:
        rate = f"{_rounded(self.per_million)} s per million rows"
        return f"about {rate}" if self.seconds is None else f"{about(self.seconds)}, at {rate}"


def duration(kinds: Collection[Kind], size: TableSize | None) -> Duration:
    """About how long work of these kinds takes together on a table of this size, or of an unknown one."""
    known = rates()
    measured = size if size and size.rows else known.million()
    seconds = sum(known.kinds[kind].seconds(measured) for kind in kinds)
    return Duration(seconds * _MILLION / measured.rows, seconds if size else None)


def about(seconds: float) -> str:
    """A time as a person says it: `about 40 s`, `about 7 min`, `less than 1 s`."""
    if seconds < 1:
        return "less than 1 s"
    if seconds < 100:
        return f"about {seconds:.0f} s"
    if seconds < 100 * 60:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.0f} h"


def measured_on() -> str:
    """Where the rates are from, for a message."""
    return f"measured on {rates().machine}, Postgres {rates().postgres}"


def _rounded(seconds: float) -> str:
    """Two digits that count."""
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.2g}"
