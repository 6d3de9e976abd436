"""Apply the edits that findings offer to a file's text."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import question_of_file
from pytest_ctb.model import Edit, Guideline, Key, Migration
from pytest_ctb.repository.migration import reread
from pytest_ctb.sql import rollback_block

_ROUNDS = 10
"""The most passes over a file: a repair can reveal another finding. No file needed more than two so far."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made, by offset (characters); one that overlaps an edit before it is skipped."""
    parts, at = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        if edit.start >= at:
            parts += [text[at : edit.start], edit.text]
            at = edit.end
    return "".join([*parts, text[at:]])


def repaired(migration: Migration, guidelines: Iterable[Guideline]) -> Migration:
    """The file after the edits of all findings that have some; the same record where there are none.

    Guidelines are applied one after the other, each to the text that the one before left. What the file allows stays.
    Raises whatever a broken check raises.
    """
    all_guidelines = tuple(guidelines)
    for _ in range(_ROUNDS):
        before = migration
        for guideline in all_guidelines:
            migration = _repaired(migration, guideline)
        if migration is before:
            break
    return migration


def with_rollback(migration: Migration, existing: Collection[Key]) -> Migration:
    """The file with a rollback block at its end, derived from its statements; the same record where it has one.

    `existing`: the objects that other files define, which stay.
    """
    if migration.rollbacks or migration.unreadable or not migration.statements:
        return migration
    text = migration.source.text
    end = "\r\n" if "\r\n" in text else "\n"
    block = rollback_block(migration.statements, existing).replace("\n", end)
    return reread(migration, f"{text.rstrip()}{end}{end}{block}".encode())


def _repaired(migration: Migration, guideline: Guideline) -> Migration:
    try:
        findings = judge(question_of_file(guideline, migration))
    except NotJudgedError:
        return migration
    edits = [edit for finding in findings if finding.status == "new" for edit in finding.fix]
    data = apply(migration.source.text, edits).encode() if edits else migration.data
    return migration if data == migration.data else reread(migration, data)
