"""What a migration prints and stores is bounded: memory does not grow with it, and the disk takes so much and no more."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from machine import address, choice_of, oldest_and_newest, replayed
from pytest_ctb.postgres import Wanted, choose

TESTS = Path(__file__).parent
PEAK = """
import json, resource, sys
sys.path[:] = json.loads(sys.argv[1])
from machine import choice_of, replayed
with choice_of(18).offer.start() as server:
    replayed(server, "SELECT 1;", trials=frozenset())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    replay = replayed(server, sys.argv[2], "CREATE TABLE behind (x int);", trials=frozenset())
    assert replay.files["2.sql"].applied
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
PRINTED = {
    "notices": "DO $$ BEGIN FOR i IN 1..200000 LOOP RAISE NOTICE '%', repeat('y', 1000); END LOOP; END $$;",
    "one notice": "DO $$ BEGIN RAISE NOTICE '%', repeat('y', 100000000); END $$;",
    "rows": "SELECT repeat('y', 200) FROM generate_series(1, 1000000);",
    "one row": "SELECT repeat('y', 100000000);",
    "rows of COPY": "COPY (SELECT repeat('y', 200) FROM generate_series(1, 1000000)) TO STDOUT;",
    "rows of a gexec": "SELECT 'SELECT repeat(''y'', 200) FROM generate_series(1, 1000000)' \\gexec\n",
    "rows of a COPY in a gexec": "SELECT 'COPY (SELECT repeat(''y'', 200) FROM generate_series(1, 1000000)) TO STDOUT' \\gexec\n",
    "notifications": "LISTEN x;\nDO $$ BEGIN FOR i IN 1..100000 LOOP PERFORM pg_notify('x', i || repeat('y', 1000)); END LOOP; END $$;",
    "an error": "DO $$ BEGIN RAISE EXCEPTION 'no' USING DETAIL = repeat('y', 100000000); END $$;",
    "messages for debugging": "DO $$ BEGIN FOR i IN 1..100000 LOOP RAISE DEBUG '%', 'verifying table \"x\"' || repeat('y', 1000); END LOOP; END $$;",
}
MOST = 64 << 10
"""KB of memory: what is printed is 100 to 200 MB."""
MOST_OF_ONE = 600 << 10
"""Where it is one message of 100 MB: libpq may have it whole, in four places, before anybody can break it off."""


@pytest.mark.parametrize("what", PRINTED)
def test_no_memory_grows_with_what_a_migration_prints(what):
    done = subprocess.run(
        [sys.executable, "-c", PEAK, json.dumps([str(TESTS), *sys.path]), PRINTED[what]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < (MOST_OF_ONE if what in {"one notice", "one row", "an error"} else MOST)


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def own(request):
    with choice_of(request.param).offer.start() as started:
        yield started


def test_notices_are_kept_up_to_a_bound_and_the_others_counted(own):
    """Of a statement, and of a file."""
    printing = "DO $$ BEGIN FOR i IN 1..{} LOOP RAISE {} '%', i; END LOOP; END $$;"
    many = "\n".join("DO $$ BEGIN RAISE NOTICE '%', repeat('z', 10000); END $$;" for _ in range(100))
    files = (printing.format(1000, "NOTICE"), printing.format(10_000, "WARNING"), many, printing.format(3, "NOTICE"))
    replay = replayed(own, *files, trials=frozenset())
    few, capped, question_of_file, behind = ([trace.notices for trace in file.traces] for file in replay.files.values())
    assert few == [tuple(f"NOTICE: {number}" for number in range(1, 1001))]
    assert capped[0][:2] == ("WARNING: 1", "WARNING: 2")
    kept = len(capped[0]) - 1
    assert 500 < kept < 2000
    assert capped[0][-1] == f"… and {10_000 - kept:,} more"
    assert sum(len(notice) for notices in question_of_file for notice in notices) < 300_000
    assert question_of_file[-1] == ("… and 1 more",)
    assert behind == [("NOTICE: 1", "NOTICE: 2", "NOTICE: 3")]


def test_what_is_large_and_meant_is_no_finding(own):
    """A row of some megabytes, a message, rows by the thousand, an error in the middle of rows."""
    replay = replayed(
        own,
        "SELECT repeat('y', 5000000); SELECT x, x FROM generate_series(1, 5000) AS x; SELECT 1 WHERE false;",
        "DO $$ BEGIN RAISE NOTICE '%', repeat('y', 5000000); END $$; CREATE TABLE a (x int);",
        "SELECT 1 / (3000 - x) FROM generate_series(1, 5000) AS x;",
        "SELECT 'CREATE TABLE b (x int)', NULL, 'INSERT INTO b VALUES (1) RETURNING x' \\gexec\n",
        "COPY b TO STDOUT; COPY b FROM stdin;\n2\n\\.\nSELECT 1 / (count(*) - 2) FROM b;",
        trials=frozenset(),
    )
    errors = {path: file.error.message for path, file in replay.files.items() if file.error}
    assert errors == {"3.sql": "division by zero", "5.sql": "division by zero"}


def test_one_message_that_nobody_means_ends_its_statement(own):
    replay = replayed(
        own, "BEGIN; CREATE TABLE a (x int); SELECT repeat('y', 50000000); COMMIT;", "CREATE TABLE a (y int);"
    )
    error = replay.files["1.sql"].error
    assert (error.sqlstate, error.message) == ("53400", "the server sent more than 16 MB in one piece")
    assert replay.files["2.sql"].applied


ROOM = 64 << 20
TAKING = {
    "a table": "CREATE TABLE b AS SELECT repeat(md5(x::text), 30) FROM generate_series(1, 10000000) AS x;",
    "temporary files": "SELECT count(*) FROM (SELECT DISTINCT md5(x::text) || repeat('y', 200) FROM generate_series(1, 5000000) AS x) AS y;",
    "many small tables": "\n".join(
        f"CREATE TABLE b{number} AS SELECT repeat('x', 1000) FROM generate_series(1, 2000);" for number in range(400)
    ),
    "the log": "DO $$ BEGIN FOR i IN 1..3000000 LOOP RAISE LOG '%', repeat('y', 1000); END LOOP; END $$;",
    "in a transaction": "BEGIN; CREATE TABLE b (x text); INSERT INTO b SELECT repeat(md5(x::text), 30) FROM generate_series(1, 10000000) AS x; COMMIT;",
}
LITTLE = "CREATE TABLE {} AS SELECT repeat('x', 1000) FROM generate_series(1, 10000);"


@pytest.mark.parametrize("what", TAKING)
def test_a_file_that_takes_more_of_the_disk_than_it_may_is_broken_off_and_no_other(own, what):
    files = (LITTLE.format("a"), TAKING[what], LITTLE.format("c"))
    replay = replayed(replace(own, room=ROOM), *files, trials=frozenset())
    error = replay.files["2.sql"].error
    assert error.sqlstate in {"57014", "53400"}, error
    if error.sqlstate == "57014":
        assert (
            error.message
            == "the statement brought the file over 64 MB of the server's disk (--ctb-disk) and was cancelled"
        )
    assert [file.applied for file in replay.files.values()] == [True, False, True]


@pytest.mark.parametrize("what", ["a table", "temporary files"])
def test_so_is_one_on_a_server_of_others(own, what):
    with choose(Wanted(address(own))).offer.start() as server:
        files = (LITTLE.format("a"), TAKING[what], LITTLE.format("c"))
        replay = replayed(replace(server, room=ROOM), *files, trials=frozenset())
        assert replay.files["2.sql"].error.sqlstate in {"57014", "53400"}
        assert [file.applied for file in replay.files.values()] == [True, False, True]
