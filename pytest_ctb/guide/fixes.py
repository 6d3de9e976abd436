"""Edits to a file's text: what findings offer, applied until nothing is left that can be repaired without judgement."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import of_file
from pytest_ctb.model import Edit, Guideline, Migration
from pytest_ctb.repository.migration import reread

_ROUNDS = 10
"""A repair can show the next finding (a header that could not be read before): more than two rounds were never seen."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; of two that overlap only the first, those at one offset in their order."""
    parts, at = [], 0
    for one in sorted(edits, key=lambda one: (one.start, one.end)):
        if one.start >= at:
            parts += [text[at : one.start], one.text]
            at = one.end
    return "".join([*parts, text[at:]])


def repaired(migration: Migration, guidelines: Iterable[Guideline]) -> Migration:
    """The file as it is when every finding that can be repaired by its text is; the same record where none can.

    One guideline after the other, so that each sees what those before it left. What the file allows stays as it is.
    Whatever a broken check raises is raised.
    """
    every = tuple(guidelines)
    for _ in range(_ROUNDS):
        before = migration
        for guideline in every:
            migration = _repaired(migration, guideline)
        if migration is before:
            break
    return migration


def _repaired(migration: Migration, guideline: Guideline) -> Migration:
    try:
        findings = judge(of_file(guideline, migration))
    except NotJudgedError:
        return migration
    edits = [edit for one in findings if one.status == "new" for edit in one.fix]
    data = apply(migration.source.text, edits).encode() if edits else migration.data
    return migration if data == migration.data else reread(migration, data)
