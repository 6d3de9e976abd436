"""Rollback instructions that do nothing are told from those that do, whatever the file has changed."""

from __future__ import annotations

import pytest

from machine import address, choice_of, oldest_and_newest, replayed
from pytest_ctb.model import Key, Trial
from pytest_ctb.postgres import Wanted, choose
from pytest_ctb.replay.witness.catalog import snapshot
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
        trials = {change: file.rollback for change, file in applied.items()}
        missed |= {change: trial for change, trial in trials.items() if not (trial.differences or trial.reordered)}
        changes = [change for change in changes if change not in applied]
    assert missed.keys() <= NOTHING, missed


def _named(sql, known):
    for name, real in known.items():
        sql = sql.replace(name, real)
    return sql


OF_OTHERS = """
CREATE ROLE stranger LOGIN CONNECTION LIMIT 3 IN ROLE pg_monitor;
ALTER ROLE stranger SET work_mem = '5MB';
ALTER ROLE ALL SET work_mem = '6MB';
COMMENT ON ROLE stranger IS 'theirs';
GRANT SET ON PARAMETER log_statement TO stranger;
ALTER TABLESPACE pg_default SET (seq_page_cost = 2)
"""


@pytest.mark.parametrize("role", ["owner", "superuser"])
def test_on_a_server_of_others_their_roles_are_not_looked_at(server, role):
    """What others do there in the meantime is no change of a file; what the file does to roles of its own is."""
    with server.login() as admin, choose(Wanted(address(server))).offer.start() as theirs:
        with theirs.login() as connection:
            before = snapshot(connection, "", theirs)
            admin.execute(OF_OTHERS)
            admin.execute("CREATE DATABASE of_strangers")
            assert snapshot(connection, "", theirs) == before
        files = (
            "CREATE ROLE app;",
            "ALTER ROLE app LOGIN; COMMENT ON ROLE app IS 'ours';\n-- Rollback:\n-- COMMENT ON ROLE app IS NULL;",
        )
        made, altered = replayed(theirs, *files, role=role, trials=frozenset({Trial.ROLLBACK})).files.values()
        if made.applied:  # before 16 an ordinary role may make none there: it could change others
            assert [difference.key for difference in altered.rollback.differences] == [Key("role", "app")]
        else:
            assert (role, server.info.major < 16) == ("owner", True)
        admin.execute("DROP DATABASE of_strangers")
        admin.execute("REVOKE SET ON PARAMETER log_statement FROM stranger; DROP ROLE stranger")
        admin.execute("ALTER ROLE ALL RESET work_mem; ALTER TABLESPACE pg_default RESET (seq_page_cost)")
