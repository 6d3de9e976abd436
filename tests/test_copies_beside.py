"""A file that makes databases in a trial: the end of the trial drops them, and the copy in which it ran."""

from __future__ import annotations

import pytest

from machine import oldest_and_newest, server_of
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.sandboxes import CopySandbox


@pytest.mark.parametrize("major", oldest_and_newest())
def test_a_trial_drops_the_databases_of_its_file_and_leaves_those_from_before(major):
    with (
        server_of(major) as server,
        migrating_role(server, "owner") as role,
        database(server, "replay", role) as name,
        Session(server, name, role, 10) as session,
        server.connect() as admin,
    ):
        admin.execute("CREATE DATABASE of_an_earlier_file")
        with CopySandbox(server, session).session() as trial:
            admin.execute("CREATE DATABASE of_the_file")
            assert trial.connection.execute("SELECT 1").fetchone() == (1,)
        names = {name for (name,) in admin.execute("SELECT datname FROM pg_database")}
        assert "of_an_earlier_file" in names
        assert not {"of_the_file", f"{server.prefix}_copy_1"} & names
