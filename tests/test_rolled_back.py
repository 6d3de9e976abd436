"""Rollback instructions that do nothing are told from those that do, whatever the file has changed."""

from __future__ import annotations

import pytest

from machine import choice_of, oldest_and_newest, replayed
from pytest_ctb.model import Trial
from test_catalog import BASE, CHANGES, an_extension

NOTHING = {change for change, shown in CHANGES.items() if not shown}
"""What changes nothing."""


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def server(request):
    """A server of the oldest and of the newest major version that can be had."""
    with choice_of(request.param).offer.start() as started:
        yield started


def test_what_is_not_taken_back_is_told(server):
    """Every change in a file of its own. Where one makes others impossible, these come in another history."""
    with server.login() as admin:
        extension = an_extension(admin)
    known = {"EXTENSION_OF_THIS_SERVER": extension, "full_of_things": f"{server.prefix}_replay"}
    missed, changes = {}, list(CHANGES)
    while changes:
        texts = [f"{_named(change, known)};\n-- Rollback:\n-- SELECT 1;" for change in changes]
        options = {"role": "superuser", "trials": frozenset({Trial.ROLLBACK})}
        _, *files = replayed(server, _named(BASE, known), *texts, **options).files.values()
        assert not any(file.trouble for file in files)
        applied = {change: file for change, file in zip(changes, files, strict=True) if file.applied}
        assert applied, changes
        missed |= {change: file.rollback for change, file in applied.items() if not file.rollback.differences}
        changes = [change for change in changes if change not in applied]
    assert missed.keys() <= NOTHING, missed


def _named(sql, known):
    for name, real in known.items():
        sql = sql.replace(name, real)
    return sql
