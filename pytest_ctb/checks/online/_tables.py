"""Which tables are large, and what is known of them."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pytest_ctb.checks import Case
from pytest_ctb.model import TableSize, Trace
from pytest_ctb.model.trace import name_before
from pytest_ctb.sql import Relation

HELD = frozenset({"table", "index", "partitioned index", "materialized view", "foreign table"})
"""Kinds of what somebody reads or writes; a lock on a view alone is none on rows."""


@dataclass(frozen=True)
class Large:
    """Which tables are large: by `sizes.json`, else by these options, else each that was there before the file."""

    rows: int = 10_000
    """More rows than these are many."""
    small: tuple[str, ...] = ()
    """Tables that are small, as `ref.country` or `ref.*`."""
    large: tuple[str, ...] = ()
    """Tables that are large; where some are named, all others without a known size are small."""


class Tables:
    """The tables that one file meets, with their sizes in production."""

    def __init__(self, case: Case[Any], traces: Sequence[Trace]) -> None:
        """`traces` are those of the file, in their order: it may rename a table before it locks it."""
        self._options: Large = case.options
        self._sizes = case.repository.sizes
        self._traces = traces

    def is_large(self, table: str) -> bool:
        """Whether a table, known to have been there before the file, is large in production."""
        size, name = self.size(table), self._name(table)
        if size is not None:
            return size.rows > self._options.rows
        if _matches(name, self._options.small):
            return False
        return not self._options.large or _matches(name, self._options.large)

    def named(self, relation: Relation) -> str:
        """The name of a table with its schema; where the text leaves that out, the one that is known by this name."""
        if relation.schema:
            return str(relation)
        known = (*(self._sizes.tables if self._sizes else ()), *self._options.small, *self._options.large)
        same = {name for name in known if name.rpartition(".")[2] == relation.name}
        return same.pop() if len(same) == 1 else relation.name

    def size(self, table: str) -> TableSize | None:
        """The size of a table in production; None where nobody wrote it down."""
        return self._sizes.tables.get(self._name(table)) if self._sizes else None

    def worded(self, table: str) -> str:
        """A sentence with the size of a table in production; empty where it is not known."""
        size = self.size(table)
        if size is None or self._sizes is None:
            return ""
        source = f"{self._sizes.path}, {self._sizes.date}"
        return f"{table} has {size.rows:,} rows ({_bytes(size.bytes)}) in production ({source})"

    def _name(self, table: str) -> str:
        """The name that a table had before the file."""
        return name_before(table, self._traces)


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _bytes(count: int) -> str:
    amount, unit = float(count), "bytes"
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if amount < 1024 or unit == "TB":
            break
        amount /= 1024
    return f"{amount:,.0f} {unit}"
