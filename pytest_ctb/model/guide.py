"""Guidelines, findings, and the baseline of known findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

DOCUMENTATION = "https://pytest-ctb.readthedocs.io/"
"""Where the documentation stands; the `Documentation` URL of pyproject.toml."""
PUBLISHED = False
"""Whether it stands there yet. Until then nothing links to it, and `ctb explain` is named in its place."""


class Level(StrEnum):
    """How serious a finding is: an error fails its test, a warning does not, `off` asks nothing."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"


class Cause(NamedTuple):
    """What is said of findings that have a reason of their own, in place of what the guideline says of all."""

    why: str
    instead: str = ""
    level: Level | None = None
    """None: the guideline's. It never raises the level of a guideline that is a warning itself."""


@dataclass(frozen=True)
class Guideline:
    """One guideline, as its YAML file states it."""

    id: str
    code: str
    title: str
    level: Level
    what: str
    why: str
    instead: str
    source: str
    options: Any
    """The options of its check: a record of the class that the check declares."""
    query: str = ""
    """A query that must return no row; empty for a guideline with a check, with `forbid` or with `observe`."""
    forbid: tuple[str, ...] = ()
    """The kinds of statement that must not stand in a file."""
    observe: str = ""
    """A query over what the replay saw of one file, which must return no row."""
    message: str = ""
    """The message of a finding of `query`, `observe` or `forbid`, with the columns of a row in braces."""
    owner: str = ""
    """Who is to put right what it finds; empty: the owner of the file."""
    path: str = ""
    """The YAML file: relative to the root of the project where it lies inside."""
    causes: Mapping[str, Cause] = field(repr=False, default_factory=lambda: MappingProxyType({}))
    """By name: the causes that its check tells apart, where each needs its own words."""
    lines: Mapping[str, int] = field(repr=False, default_factory=lambda: MappingProxyType({}))
    """The line of each key in the YAML file: of `options.tables.2`, say."""
    examples: Mapping[str, tuple[Mapping[str, str], ...]] = field(
        repr=False, default_factory=lambda: MappingProxyType({})
    )
    """`pass` and `fail`: each example maps file names to their text."""
    documented: bool = True
    """The documentation has a page of it: it comes with the package, or changes one that does."""

    def level_of(self, cause: Cause | None) -> Level:
        """The level of findings that have this cause."""
        if cause is None or cause.level is None or (cause.level is Level.ERROR and self.level is Level.WARNING):
            return self.level
        return cause.level

    @property
    def page(self) -> str:
        """What a link about it leads to: its page in the documentation, or the file of a repository's own guideline.

        Empty where there is nothing to link to.
        """
        if not self.documented:
            return self.path
        return f"{DOCUMENTATION}guidelines/{self.id}/" if PUBLISHED else ""


class Edit(NamedTuple):
    """One change to a file's text: `text` replaces what is between two character offsets (0-based, end excluded)."""

    start: int
    end: int
    text: str


class Follows(NamedTuple):
    """The guideline whose finding in the same file names the cause of a finding, so that one repair ends both."""

    guideline: str
    lines: tuple[int, int] | None = None
    """The first and last line that the other finding stands on; None: any in the file."""


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
    """The evidence as text: what the server did."""
    status: str = "new"
    """`new`, `allowed` where the file gives a reason, or `baselined` where it is known."""
    reason: str = ""
    """Why it is allowed, or known."""
    fix: tuple[Edit, ...] = ()
    """The edits that repair the file; empty where a person has to decide.

    `ctb fix` writes UTF-8 without a byte order mark, so an edit that changes no character repairs an encoding.
    """
    why: str = ""
    """Why it matters, where its cause has a reason of its own; empty: the guideline says why."""
    database: str = ""
    """The name of the database that the file is of; empty where the repository has one without a name."""
    owner: str = ""
    """Who is to put it right: the owner of the guideline, else of the file; empty where nobody says so."""
    follows: Follows | None = None
    """Which other finding, if there is one, has the same cause."""


@dataclass(frozen=True)
class BaselineEntry:
    """A known finding, with what identifies it in later runs."""

    file: str
    guideline: str
    fingerprint: str
    """Of the statement that the finding is in; empty where it is in none."""
    says: str
    """The finding's message; the name is a key of the baseline file."""
    count: int = 1
    """How many equal findings there are."""
    reason: str = ""
    line: int = field(default=0, compare=False)
    """The entry's line in the baseline file."""


@dataclass(frozen=True)
class Baseline:
    """The findings that were known when the guide was adopted."""

    path: str
    """As in test ids."""
    entries: tuple[BaselineEntry, ...] = ()

    @cached_property
    def files(self) -> Mapping[str, tuple[BaselineEntry, ...]]:
        """The entries of each file."""
        by_file: dict[str, list[BaselineEntry]] = {}
        for entry in self.entries:
            by_file.setdefault(entry.file, []).append(entry)
        return {file: tuple(entries) for file, entries in by_file.items()}
