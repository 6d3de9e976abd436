"""What a base schema is compared by that not every server can have in a case of its own."""

from __future__ import annotations

import pytest

from machine import choice_of, oldest_and_newest, replayed
from pytest_ctb.model.differences import differences

SUBSCRIBED = (
    "CREATE SUBSCRIPTION sub CONNECTION 'dbname=other' PUBLICATION pub WITH (connect = false, slot_name = NONE);"
)


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def server(request):
    """A server of the oldest and of the newest major version that can be had."""
    with choice_of(request.param).offer.start() as started:
        yield started


def apart(server, base: str, *files: str, role: str = "owner") -> list[str]:
    """The objects in which a base schema and the migrations differ."""
    evidence = replayed(server, *files, bases=(base,), role=role, trials=frozenset())
    assert [file.error for file in evidence.files.values()] == [None] * len(files)
    ((loaded, schema),) = evidence.bases.values()
    assert loaded.applied
    return [str(difference.key) for difference in differences(schema, evidence.schema)]


def test_a_not_null_has_a_name_from_18_on(server):
    named = server.info.major >= 18
    told = apart(
        server, "CREATE TABLE public.t (a int NOT NULL);", "CREATE TABLE public.t (a int CONSTRAINT wanted NOT NULL);"
    )
    assert told == (["constraint public.t.wanted"] if named else [])


def test_a_not_null_that_got_its_usual_name(server):
    files = ("CREATE TABLE public.t (b int NOT NULL);", "ALTER TABLE public.t RENAME b TO a;")
    if server.info.major >= 18:
        files = (*files, "ALTER TABLE public.t RENAME CONSTRAINT t_b_not_null TO t_a_not_null;")
    assert apart(server, "CREATE TABLE public.t (a int NOT NULL);", *files) == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("", []),
        ("ALTER SUBSCRIPTION sub SET (binary = true);", ["subscription sub"]),
        ("ALTER SUBSCRIPTION sub SET PUBLICATION other WITH (refresh = false);", ["subscription sub"]),
        ("ALTER SUBSCRIPTION sub CONNECTION 'dbname=third';", ["subscription sub"]),
        ("COMMENT ON SUBSCRIPTION sub IS 'x';", ["comment subscription sub"]),
        ("DROP SUBSCRIPTION sub;", ["subscription sub"]),
    ],
)
def test_a_subscription(server, more, told):
    files = filter(None, (SUBSCRIBED, more))
    assert apart(server, SUBSCRIBED, *files, role="superuser") == told


def test_a_setting_that_the_base_alone_makes_is_not_met_by_the_files(server):
    """What it sets for the role that migrates is gone when the migrations come."""
    told = apart(server, "ALTER ROLE CURRENT_USER SET search_path = x, public;", "SELECT 1;")
    assert told == ["setting search_path of role owner"]


def test_a_setting_of_a_role_that_both_make(server):
    told = apart(server, "CREATE ROLE app;", "CREATE ROLE app; ALTER ROLE app SET work_mem = '5MB';")
    assert told == ["setting work_mem of role app"]
