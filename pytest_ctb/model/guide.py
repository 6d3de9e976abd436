"""What the guide asks, and a breach of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

DOCUMENTATION = "https://pytest-ctb.readthedocs.io/"
"""Where the documentation stands; the `Documentation` URL of pyproject.toml."""


class Level(StrEnum):
    """What a finding does to its test."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"


@dataclass(frozen=True)
class Guideline:
    """One promise of the guide, as its YAML file words it."""

    id: str
    code: str
    title: str
    level: Level
    what: str
    why: str
    instead: str
    source: str
    options: Any
    """The check's own options record; the check says of which class."""
    query: str = ""
    """What must return no row; empty where the guideline has a check of its name, or forbids."""
    forbid: tuple[str, ...] = ()
    """The kinds of statement that must not stand in a file."""
    message: str = ""
    """What a finding of `query` or `forbid` says, with the columns of a row in braces."""
    path: str = ""
    """The YAML file: relative to the root of the project where it lies inside."""
    lines: Mapping[str, int] = field(repr=False, default_factory=lambda: MappingProxyType({}))
    """On which line a key stands: `options.tables.2`, say."""
    examples: Mapping[str, tuple[Mapping[str, str], ...]] = field(
        repr=False, default_factory=lambda: MappingProxyType({})
    )
    """`pass` and `fail`: each example maps file names to their text."""

    @property
    def page(self) -> str:
        """The URL of the guideline's page in the documentation."""
        return f"{DOCUMENTATION}guidelines/{self.id}/"


class Edit(NamedTuple):
    """One change to a file's text: what stands between two character offsets (0-based, end excluded) gives way."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Finding:
    """One breach of one guideline at one place."""

    guideline: str
    code: str
    level: Level
    file: str
    line: int
    column: int
    message: str
    instead: str = ""
    """SQL to paste, the names filled in."""
    details: str = ""
    """What Postgres was seen to do."""
    status: str = "new"
    """`new`, `allowed` where the file gives a reason, or `baselined` where it is known."""
    reason: str = ""
    """Why it is allowed, or known."""
    fix: tuple[Edit, ...] = ()
    """The changes to the file's text that repair it without anybody's judgement; empty where it takes some.

    A file is written back as UTF-8 without a byte order mark, so an edit that changes no character repairs that too.
    """


@dataclass(frozen=True)
class Entry:
    """One finding that is known, and how it is known again."""

    file: str
    guideline: str
    fingerprint: str
    """Of the statement that it stands in; empty where it stands in none."""
    says: str
    count: int = 1
    """How many equal ones there are."""
    reason: str = ""
    line: int = field(default=0, compare=False)
    """In the baseline."""


@dataclass(frozen=True)
class Baseline:
    """The findings that are known."""

    path: str
    """As in test ids."""
    entries: tuple[Entry, ...] = ()

    @cached_property
    def files(self) -> Mapping[str, tuple[Entry, ...]]:
        """The entries of each file."""
        found: dict[str, list[Entry]] = {}
        for one in self.entries:
            found.setdefault(one.file, []).append(one)
        return {file: tuple(entries) for file, entries in found.items()}
