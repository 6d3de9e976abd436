"""What the text of a file alone says of ON01 and ON02: a hint for whoever writes it, which the replay decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from pytest_ctb.checks import Case
from pytest_ctb.checks.online._tables import Large, Tables
from pytest_ctb.model import Finding, Level
from pytest_ctb.sql import may_block


def hints(blocks: str) -> Callable[[Case[Large]], Iterator[Finding]]:
    """The part of a check that needs the text alone: statements that may block `reads` or `writes` of a large table.

    Each is a warning at most, whatever the level of the guideline.
    """

    def by_text(case: Case[Large]) -> Iterator[Finding]:
        tables = Tables(case, ())
        reported: set[tuple[int, str]] = set()
        for statement, may in may_block(case.migration.statements):
            table = tables.named(may.relation)
            if may.blocks != blocks or not tables.is_large(table) or (statement.start, table) in reported:
                continue
            reported.add((statement.start, table))
            message = f"may block {blocks} of {table}; the replay decides (it {may.does})"
            finding = case.finding(statement.position, message, cause="hint")
            yield replace(finding, level=Level.WARNING) if finding.level is Level.ERROR else finding

    return by_text
