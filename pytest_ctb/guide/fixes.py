"""Apply the edits that findings offer to a file's text."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import question_of_file
from pytest_ctb.model import Edit, Guideline, Migration
from pytest_ctb.repository.migration import reread

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


def _repaired(migration: Migration, guideline: Guideline) -> Migration:
    try:
        findings = judge(question_of_file(guideline, migration))
    except NotJudgedError:
        return migration
    edits = [edit for finding in findings if finding.status == "new" for edit in finding.fix]
    data = apply(migration.source.text, edits).encode() if edits else migration.data
    return migration if data == migration.data else reread(migration, data)
