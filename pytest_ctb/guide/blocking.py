"""What blocks the application in a migration, for the commands that ask: `ctb split` and `ctb apply --dry-run`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from pytest_ctb.checks import Case, options_by_check
from pytest_ctb.checks.online._rates import about
from pytest_ctb.checks.online._split import Split, split
from pytest_ctb.checks.online._tables import Large
from pytest_ctb.checks.online._work import BlockingWork
from pytest_ctb.guide import guideline_files
from pytest_ctb.model import Evidence, Finding, Migration, Repository
from pytest_ctb.model.locks import READS, blocked_by

_ID = "reads-not-blocked"


class Blocking(NamedTuple):
    """A statement that blocks the application for as long as it works."""

    finding: Finding
    reads: bool
    """It blocks reads too, not writes alone."""
    rows: int
    """How many rows the largest table has on which it works, in production; 0 where nobody wrote it down."""
    seconds: float | None
    """About how long it works, on all tables whose size is known; None where none is."""
    time: str
    """The same in words; where the size is not known, for each million rows."""


def split_migration(pack: Path, repository: Repository, migration: Migration, evidence: Evidence) -> Split:
    """The files that one migration becomes; `pack` is the folder of the pack `online`, whose options hold."""
    return split(_case(pack, repository, migration, evidence))


def blocking(pack: Path, repository: Repository, migration: Migration, evidence: Evidence) -> Iterator[Blocking]:
    """The statements of a migration that block the application. The migration has to have applied."""
    work = BlockingWork(_case(pack, repository, migration, evidence))
    for statement, works in work.found(lambda _: True):
        sizes = [size.rows for done in works if (size := work.tables.size(done.table))]
        reads = any(READS in blocked_by(done.lock.mode) for done in works)
        durations = work.durations(works).values()
        known = [duration.seconds for duration in durations if duration.seconds is not None]
        seconds = sum(known) if known else None
        time = about(seconds) if seconds is not None else str(max(durations))
        yield Blocking(work.finding(statement, works), reads, max(sizes, default=0), seconds, time)


def _case(pack: Path, repository: Repository, migration: Migration, evidence: Evidence) -> Case[Large]:
    options = options_by_check()
    guidelines = guideline_files.load(repository.root, pack, options)
    (guideline,) = [guideline for guideline in guidelines if guideline.id == _ID]
    return Case(guideline, guideline.options, migration.path, migration, repository, evidence)
