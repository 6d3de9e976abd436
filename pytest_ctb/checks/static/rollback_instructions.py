"""CT06: the comment block that says how to roll the migration back."""

import re
from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, check, says_nothing
from pytest_ctb.model import Finding, Migration, Position, Rollback, Tool
from pytest_ctb.repository.rollback_comments import near_misses
from pytest_ctb.sql import TO_WRITE, object_positions, rollback_block

_LONGEST = 60
"""How many characters of a comment a message shows."""
_NONE = re.compile(r"none\b\W*", re.IGNORECASE)


def _no_way_back(tool: Tool) -> str:
    return "" if tool.rolls_back else f"{tool.applier} takes no file back"


@check("rollback-instructions", needless=_no_way_back)
def rollback_instructions(case: Case[NoOptions]) -> Iterator[Finding]:
    """Parse the SQL in the comment; each statement keeps its position in the file.

    `-- Rollback:`, `-- To rollback (by hand):` and `/* Rollback: … */` open the instructions, also in a frame. So do
    other headings, as `-- DOWN MIGRATION (for rollback reference)`, where SQL follows. A comment that only reads like
    one is a near miss.
    """
    blocks = case.migration.rollbacks
    if not blocks and not case.migration.statements:
        return  # nothing to take back
    if not blocks:
        last = case.migration.statements[-1].last_line if case.migration.statements else 1
        heading, down = f"`{case.migration.tool.comment} Rollback:`", case.migration.tool.rollback_place
        message = f"no comment block {heading} says how to take this migration back"
        instead = None if case.migration.unreadable else _derived(case.migration)
        header = {entry.position.line for entry in (*case.migration.header, case.migration.description) if entry}
        comments = [comment for comment in case.migration.comment_lines if comment.position.line not in header]
        near = next(near_misses(comments), None)
        if near:
            shown = near.text.strip()[:_LONGEST]
            message += f"; `{shown}` looks like one, but is not a {heading} block with SQL below it"
        at = near.position if near else Position(last, 1)
        yield case.finding(at, f"no {down}, and {message}" if down else message, instead=instead)
        return
    for repeated in blocks[1:]:
        yield case.finding(
            repeated.position, f"a second rollback block (the first is on line {blocks[0].position.line})", instead=""
        )
    yield from _block_findings(case, blocks[0])


def _derived(migration: Migration) -> str:
    """Rollback SQL derived from the text of the file; schemas stay, because other files may create them as well."""
    schemas = [key for key in object_positions(migration.statements) if key.kind == "schema"]
    return rollback_block(migration.statements, schemas, plain=bool(migration.tool.rollback_place)).rstrip()


def _block_findings(case: Case[NoOptions], block: Rollback) -> Iterator[Finding]:
    if block.none:
        if says_nothing(block.because):
            yield case.finding(
                block.position,
                "`Rollback: none` gives no reason",
                instead="-- Rollback: none, because the backfilled values cannot be told from those that were there",
            )
        return
    for statement in block.statements:
        if statement.problem and _NONE.match(block.sql):
            yield case.finding(
                statement.problem.position,
                "`Rollback: none` gives its reason in another form than `none, because …`",
                instead=f"-- Rollback: none, because {' '.join(_NONE.sub('', block.sql, count=1).split())}",
            )
            return
        if statement.problem:
            to_write = TO_WRITE in statement.sql
            yield case.finding(
                statement.problem.position,
                f"the rollback instructions have a line `{TO_WRITE}`: write the SQL, or `-- Rollback: none, because …`"
                if to_write
                else f"the rollback instructions are not SQL that parses: {statement.problem.message}",
                file=block.path,
            )
            return
    if all(statement.control for statement in block.statements):
        yield case.finding(block.position, "the rollback block holds no SQL statement", file=block.path)
