"""How large the tables are in production, as somebody who may read it wrote down."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class TableSize(NamedTuple):
    """The size of a table, partition or materialized view; of a partitioned table that of its partitions together."""

    rows: int
    bytes: int


@dataclass(frozen=True)
class Sizes:
    """A file of sizes, as `ctb sizes` writes it."""

    path: str
    """Relative to the root of the repository."""
    date: datetime.date
    """The day on which production was asked."""
    tables: Mapping[str, TableSize] = field(repr=False)
    """By the name with its schema, unquoted: `shop.orders`."""
