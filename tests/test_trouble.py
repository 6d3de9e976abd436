"""One file's trouble stays with that file: every other is judged as if it were not there."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import sample
from machine import as_migrations, choice_of, oldest_and_newest, replay, replayed
from pytest_ctb.errors import CtbError, NotJudgedError, TrialError
from pytest_ctb.guide.guideline_files import packaged
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.replay import timeline
from pytest_ctb.replay.session.databases import database
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.timeline import Task, Timeline
from pytest_ctb.replay.trials.trials import Trials
from registry import live_of_each_file

pytest_plugins = ["pytester"]


@pytest.fixture(params=oldest_and_newest(), scope="module", ids=str)
def server(request):
    """A server of the oldest and of the newest major version that can be had."""
    with choice_of(request.param).offer.start() as started:
        yield started


def of_database(words: str) -> str:
    """A statement about the database that it runs in, whose name no file knows."""
    quoted = words.replace("'", "''")
    return f"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I {quoted}', current_database()); END $$;"


CIRCLE = (
    "CREATE TABLE mode (name text PRIMARY KEY, token text NOT NULL);\n"
    "CREATE TABLE locks (name text NOT NULL REFERENCES mode (name), token text NOT NULL, UNIQUE (name, token));\n"
    "ALTER TABLE mode ADD CONSTRAINT mode_fk FOREIGN KEY (name, token) REFERENCES locks (name, token)"
    " DEFERRABLE INITIALLY DEFERRED;"
)
OF_ROLE = {
    "a password": "ALTER ROLE current_user PASSWORD 'x';",
    "no password": "ALTER ROLE current_user PASSWORD NULL;",
    "a password that has ended": "ALTER ROLE current_user VALID UNTIL '2001-01-01';",
    "no login": "ALTER ROLE current_user NOLOGIN;",
    "no connection of the role": "ALTER ROLE current_user CONNECTION LIMIT 0;",
    "a role's timeout": "ALTER ROLE current_user SET statement_timeout = 1;",
    "a role's idle timeout": "ALTER ROLE current_user SET idle_session_timeout = 1;",
    "a role that only reads": "ALTER ROLE current_user SET default_transaction_read_only = on;",
    "a role's library": "ALTER ROLE current_user SET local_preload_libraries = 'nothing';",
    "a role's quotes": "ALTER ROLE current_user SET quote_all_identifiers = on;",
}
OF_DATABASE = {
    "no connection": of_database("CONNECTION LIMIT 0"),
    "a connection": of_database("CONNECTION LIMIT 1"),
    "a timeout": of_database("SET statement_timeout = 1"),
    "a timeout of locks": of_database("SET lock_timeout = 1"),
    "an idle timeout": of_database("SET idle_session_timeout = 1"),
    "a timeout between statements": of_database("SET idle_in_transaction_session_timeout = 1"),
    "only reads": of_database("SET default_transaction_read_only = on"),
    "a library": of_database("SET local_preload_libraries = 'nothing'"),
    "quotes": of_database("SET quote_all_identifiers = on"),
    "another path": of_database("SET search_path = nowhere"),
    "another date style": of_database("SET DateStyle = 'German'"),
    "nobody may connect": "DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM PUBLIC, %I', current_database(), current_user); END $$;",
}
ODD = {
    "a circle of deferred keys": CIRCLE
    + "\nALTER TABLE mode DROP CONSTRAINT mode_fk;\nALTER TABLE mode ADD CONSTRAINT mode_fk"
    " FOREIGN KEY (name, token) REFERENCES locks (name, token) DEFERRABLE INITIALLY DEFERRED;",
    "another type, then an index beside": "CREATE TABLE odd (id int, website text);\n"
    "ALTER TABLE odd ALTER COLUMN id TYPE bigint;\nCREATE INDEX CONCURRENTLY odd_i ON odd (website);",
    "two transactions": "BEGIN;\nCREATE TABLE odd (id int);\nALTER TABLE odd ALTER COLUMN id TYPE bigint;\nCOMMIT;\n"
    "BEGIN;\nCREATE TABLE odder (id int);\nCOMMIT;",
    "a type renamed below a function": "CREATE TYPE mood AS ENUM ('a');\n"
    "CREATE FUNCTION feel(mood) RETURNS int LANGUAGE sql AS 'SELECT 1';\nALTER TYPE mood RENAME TO temper;\n"
    "CREATE OR REPLACE FUNCTION feel(temper) RETURNS int LANGUAGE sql AS 'SELECT 2';\n"
    "DROP FUNCTION feel(temper);\nDROP TYPE temper;",
    "quotes in the file": "SET quote_all_identifiers = on;\nCREATE TABLE odd (id int);\nALTER TABLE odd ADD COLUMN c int;",
    "a drop that the witness did not see": "DO $$ BEGIN RAISE INFO USING ERRCODE = 'CTB02', MESSAGE = '[[1,2]]'; END $$;",
    "a number that the witness did not tell": "DO $$ BEGIN RAISE INFO USING ERRCODE = 'CTB03', MESSAGE = 'x'; END $$;",
    "an object that the witness did not see": "DO $$ BEGIN RAISE INFO USING ERRCODE = 'CTB01', MESSAGE = '{'; END $$;",
    "a COMMIT in a row": "BEGIN;\nSELECT 'COMMIT' \\gexec\nCREATE TABLE odd (id int);\nCOMMIT;",
    "a COMMIT and a BEGIN in a row": "BEGIN;\nCREATE TABLE odd (id int);\nSELECT 'COMMIT; BEGIN' \\gexec\nCOMMIT;",
    "a ROLLBACK in a row": "BEGIN;\nCREATE TABLE odd (id int);\nSELECT 'ROLLBACK' \\gexec\nSELECT 1;\nCOMMIT;",
    "the end of its own session": "CREATE TABLE odd (id int);\nSELECT pg_terminate_backend(pg_backend_pid());",
    "a table that it may not read": "CREATE TABLE odd (id int);\nREVOKE ALL ON odd FROM current_user;",
    "a sequence that it may not read": "CREATE SEQUENCE odd;\nREVOKE ALL ON SEQUENCE odd FROM current_user;",
    "an open transaction": "BEGIN;\nCREATE TABLE odd (id int);",
    "a transaction that is prepared": "BEGIN;\nCREATE TABLE odd (id int);\nPREPARE TRANSACTION 'odd';",
    "savepoints of our names": "BEGIN;\nSAVEPOINT pytest_ctb;\nCREATE TABLE odd (id int);\nRELEASE pytest_ctb;\nCOMMIT;",
    "a savepoint too many": "BEGIN;\nRELEASE ctb_rows;\nCOMMIT;",
    "what is not there": "SELECT nonsense FROM nowhere;",
    "a division by zero": "BEGIN;\nCREATE TABLE odd (id int);\nSELECT 1 / 0;\nCOMMIT;",
    "a deferred trigger that raises": "CREATE TABLE odd (id int);\nCREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql"
    " AS 'BEGIN RAISE EXCEPTION ''never''; END';\nCREATE CONSTRAINT TRIGGER odd AFTER INSERT ON odd DEFERRABLE"
    " INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION odd();\nALTER TABLE odd ADD COLUMN c int;\nUPDATE odd SET c = 1;",
    "a rule that rejects": "CREATE TABLE odd (id int);\nCREATE RULE never AS ON INSERT TO odd DO INSTEAD NOTHING;\n"
    "UPDATE odd SET id = 2;",
    "security of rows": "CREATE TABLE odd (id int);\nALTER TABLE odd ENABLE ROW LEVEL SECURITY;\n"
    "ALTER TABLE odd FORCE ROW LEVEL SECURITY;\nUPDATE odd SET id = 2;",
    "an isolation": "BEGIN ISOLATION LEVEL SERIALIZABLE READ WRITE;\nCREATE TABLE odd (id int);\nCOMMIT;",
    "a chain": "BEGIN;\nCREATE TABLE odd (id int);\nCOMMIT AND CHAIN;\nCREATE TABLE odder (id int);\nCOMMIT;",
    "a path that ends": "SET search_path = '';\nCREATE TABLE public.odd (id int);\nUPDATE public.odd SET id = 1;",
    "a view in the place of a table": "CREATE TABLE odd (id int);\nDROP TABLE odd;\nCREATE VIEW odd AS SELECT 1 AS id;",
    "a check that always fails": "CREATE TABLE odd (id int CHECK (false));\nUPDATE odd SET id = 2;",
    "a default that fails": "CREATE TABLE odd (id int DEFAULT 1 / 0);\nALTER TABLE odd ADD COLUMN c int;\nUPDATE odd SET c = 2;",
    "other rights by default": "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM current_user;\nCREATE TABLE odd (id int);\n"
    "UPDATE odd SET id = 1;",
}
AWKWARD = {**OF_ROLE, **OF_DATABASE, **ODD}
QUIET = (
    "BEGIN;\nCREATE TABLE IF NOT EXISTS public.{name} (id bigint PRIMARY KEY, note text);\nCOMMIT;\n-- Rollback:\n-- DROP TABLE public.{name};\n",
    "-- ctb:no-transaction: an index\nCREATE TABLE IF NOT EXISTS public.{name} (id bigint);\n"
    "DROP INDEX CONCURRENTLY IF EXISTS public.{name}_i;\n"
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS {name}_i ON public.{name} (id);\n",
    "BEGIN;\nCREATE TABLE public.{name} (id bigint, note text);\nINSERT INTO public.{name} VALUES (1, 'x');\n"
    "DELETE FROM public.{name};\nCOMMIT;\n",
    "BEGIN;\nCREATE SCHEMA IF NOT EXISTS {name};\nCREATE TABLE IF NOT EXISTS {name}.t (id bigint);\n"
    "ALTER TABLE {name}.t ADD COLUMN IF NOT EXISTS c int;\nCOMMIT;\n-- Rollback:\n-- DROP TABLE {name}.t;\n-- DROP SCHEMA {name};\n",
    "CREATE TABLE public.{name} (id bigint);\nALTER TABLE public.{name} DROP COLUMN id;\n",
)
DROPS = (
    "BEGIN;\nCREATE TABLE IF NOT EXISTS public.base (id bigint, note text);\nCOMMIT;\n",
    "BEGIN;\nALTER TABLE public.base DROP COLUMN IF EXISTS note;\nCOMMIT;\n",
)


Verdicts = dict[tuple[str, str], object]
"""What each question is answered, by its file and name."""


def verdicts(server, top: Path, files: dict[str, str]) -> Verdicts:
    """What every question about these files is answered, by its file and name."""
    (top / "migrations").mkdir(parents=True)
    for name, text in files.items():
        (top / "migrations" / name).write_text(text)
    suite = load_suite(top, [top / "migrations"], (), packaged())
    seen = replay(suite.repository, server, trials=suite.trials)
    answers: Verdicts = {}
    for question in (each for asked in suite.questions.values() for each in asked):
        try:
            found = judge(question, seen)
            answers[question.file, question.name] = [
                replace(finding, details=re.sub(r"transaction \d+", "transaction N", finding.details))
                for finding in found
            ]
        except (NotJudgedError, TrialError) as error:
            answers[question.file, question.name] = f"{type(error).__name__}: {error}"
    return answers


def history(texts) -> dict[str, str]:
    """Files of one day after the other."""
    return {f"2025-01-{number:02}_create_x.sql": text for number, text in enumerate(texts, start=1)}


def check_others(
    server, top: Path, texts: list[str], awkward: str, place: int, without: Verdicts | None = None
) -> Verdicts:
    """Fail where another file's verdicts differ with the awkward file and without it; give the verdicts with it."""
    files = history(texts)
    name = f"2025-01-{place:02}_create_z.sql"  # behind the file of that day
    without = without or verdicts(server, top / "without", files)
    with_it = verdicts(server, top / "with", {**files, name: awkward})
    about = [key for key in without if key[0].startswith("migrations/")]
    assert about
    for key in about:
        assert with_it[key] == without[key], (key, awkward)
    return with_it


UNDISTURBED = [
    DROPS[0],
    *(text.replace("{name}", f"t{number}") for number, text in enumerate(QUIET)),
    DROPS[1],
]


@pytest.fixture(scope="module")
def undisturbed(server, tmp_path_factory):
    """The verdicts on a history without an awkward file: the same for each of them."""
    return verdicts(server, tmp_path_factory.mktemp("undisturbed") / "without", history(UNDISTURBED))


@pytest.mark.parametrize("name", AWKWARD)
def test_other_files_are_judged_as_if_an_awkward_one_were_not_there(server, tmp_path, undisturbed, name):
    found = check_others(server, tmp_path, UNDISTURBED, AWKWARD[name], 1, undisturbed)
    about = {key: told for key, told in found.items() if key[0] == "migrations/2025-01-01_create_z.sql"}
    errors = [told for told in about.values() if str(told).startswith("TrialError")]
    assert not errors, "this one is judged itself"


@settings(
    max_examples=int(os.environ.get("CTB_EXAMPLES", "8")),
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(
    st.lists(st.sampled_from(QUIET), min_size=4, max_size=9),
    st.lists(st.sampled_from(sorted(AWKWARD)), min_size=1, max_size=3, unique=True),
    st.integers(1, 4),
)
def test_any_file_broken_in_any_way_changes_no_verdict_on_others(server, tmp_path_factory, texts, names, place):
    quiet = [text.replace("{name}", f"t{number}") for number, text in enumerate(texts)]
    awkward = "\n".join(AWKWARD[name].replace("odd", f"odd{number}") for number, name in enumerate(names))
    check_others(server, tmp_path_factory.mktemp("history"), quiet, awkward, place)


ENDS_ITSELF = "SELECT pg_catalog.pg_terminate_backend(pg_catalog.pg_backend_pid());"
ENDS_OTHERS = "about to end a session"
SLEEPS = (
    "CREATE TABLE a (id int);\n"
    f"SELECT pg_sleep(50) FROM pg_stat_activity WHERE application_name = '{ENDS_OTHERS}';\n"
    "INSERT INTO a VALUES (1);"
)
"""It sleeps as long as there is somebody who is going to end it, and not at all afterwards."""


def test_a_migration_that_ends_its_own_session_fails_and_nobody_else(server):
    files = replayed(server, "CREATE TABLE a (id int);", ENDS_ITSELF, "CREATE TABLE b (id int);").files
    assert [file.error.sqlstate if file.error else "" for file in files.values()] == ["", "57P01", ""]
    assert not any(file.trouble for file in files.values())


@contextmanager
def ending_a_sleeper(server) -> Iterator[list[int]]:
    """Somebody beside the run, who ends one session while it sleeps; gives the process that it ended."""
    ended: list[int] = []
    over = threading.Event()
    sleeping = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(%' AND pid <> pg_backend_pid()"

    def look(admin: psycopg.Connection) -> None:
        while not ended and not over.wait(0.02):
            for (pid,) in admin.execute(sleeping).fetchall():
                admin.execute("SET application_name = ''")  # who comes behind does not sleep
                admin.execute("SELECT pg_terminate_backend(%s)", [pid])
                ended.append(pid)

    with server.connect() as admin:
        admin.execute(f"SET application_name = '{ENDS_OTHERS}'")
        beside = threading.Thread(target=look, args=[admin])
        beside.start()
        try:
            yield ended
        finally:
            over.set()
            beside.join()


@pytest.mark.parametrize("watched", [True, False])
def test_a_session_that_somebody_else_ends_is_no_fault_of_the_migration(server, watched):
    """Whether the migration is watched or passed by: it is tried once more, and each later one meets what it made."""
    texts = ["CREATE TABLE base (id int);", SLEEPS, "ALTER TABLE a ADD COLUMN b int;"]
    with (
        database(server, "ended", None) as own,
        Timeline(Task(server, None, as_migrations(*texts)), own) as line,
        ending_a_sleeper(server) as ended,
    ):
        if not watched:
            line.apply_up_to(2)
        line.observe_up_to(3)
        seen = line.files
    assert len(ended) == 1
    assert all(file.applied and not file.trouble for file in seen.values())
    assert len(seen) == (3 if watched else 1)


@pytest.mark.parametrize("error", [psycopg.errors.InternalError_("broken"), IndexError("broken"), CtbError("broken")])
@pytest.mark.parametrize("where", ["_before", "after", "run"])
def test_a_mistake_of_ours_is_an_error_of_the_file_that_it_was_made_at(server, monkeypatch, error, where):
    """Before it is applied, behind it, and in the middle: the file counts as applied, and what comes behind meets it."""
    whose = Session if where == "run" else Trials
    usual = getattr(whose, where)
    broken = []

    def breaks(self, what, *more):
        found = usual(self, what, *more)
        named = what.path == "2.sql" if where != "run" else what and "ADD COLUMN b" in what[0].sql
        if not named or broken or (where == "run" and self._inside):
            return found
        broken.append(what)
        raise error

    monkeypatch.setattr(whose, where, breaks)
    files = replayed(server, "CREATE TABLE a (id int);", "ALTER TABLE a ADD COLUMN b int;", "UPDATE a SET b = 1;").files
    assert broken
    assert [file.trouble is not None for file in files.values()] == [False, True, False]
    assert all(file.applied for file in files.values())
    assert "broken" in files["2.sql"].trouble.message
    assert files["2.sql"].trouble.line == 1


def test_what_fails_when_all_have_run_is_an_error_of_the_schemas_guidelines_alone(server, tmp_path, monkeypatch):
    """No file is to blame for it, and none is kept from its verdicts."""

    def breaks(*_):
        raise psycopg.errors.InternalError_("cache lookup failed")

    monkeypatch.setattr(timeline, "snapshot", breaks)
    found = verdicts(server, tmp_path, history(["CREATE TABLE public.a (id int);", "SELECT nonsense;", DROPS[1]]))
    errors = {key for key, told in found.items() if str(told).startswith("TrialError")}
    assert errors
    assert all(file.startswith("rules/") for file, _ in errors)
    told = [found[key] for key in errors]
    assert all("reading the schema that all migrations made" in one and "cache lookup failed" in one for one in told)


@pytest.mark.registry
@pytest.mark.parametrize("processes", ["1", "2"])
def test_who_takes_the_server_down_is_to_blame_and_nobody_else(pytester, processes):
    """A server that crashes is started again once; where the same file crashes it again, it is left out."""
    sample.write(pytester.path)
    name = "migrations/2025-10-24_create_crash.sql"
    (pytester.path / name).write_text(
        sample.migration(
            "CREATE TABLE IF NOT EXISTS shop.crash (id bigint);\nDO $$ BEGIN PERFORM pg_sleep(50); END $$;",
            unique_id="E000CCCC",
            date="2025-10-24",
        )
    )
    (pytester.path / "conftest.py").write_text(
        "import os, signal, threading, time\n"
        "from pathlib import Path\n"
        "def watch():\n"
        "    while True:\n"
        "        time.sleep(0.05)\n"
        "        for entry in Path('/proc').iterdir():\n"
        "            if not entry.name.isdecimal(): continue\n"
        "            try:\n"
        "                words = (entry / 'cmdline').read_bytes()\n"
        "                if words.startswith(b'postgres: pytest_ctb_owner') and b' DO' in words:\n"
        "                    sleeping = int((entry / 'stat').read_text().rsplit(')', 1)[1].split()[1])\n"
        "                    if str(os.getpid()) in mine(sleeping): os.kill(sleeping, signal.SIGKILL)\n"
        "            except OSError: pass\n"
        "def mine(pid):\n"
        "    found = []\n"
        "    while pid > 1:\n"
        "        pid = int(Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[1])\n"
        "        found.append(str(pid))\n"
        "    return found\n"
        "threading.Thread(target=watch, daemon=True).start()\n"
    )
    result = pytester.runpytest_subprocess("--ctb", "--ctb-postgres", "embedded", "-rE", "--ctb-processes", processes)
    # The base schema holds what that file should have made: whether it is right cannot be said.
    result.assert_outcomes(passed=result.parseoutcomes()["passed"], errors=len(live_of_each_file()), skipped=1)
    result.stdout.fnmatch_lines([f"{name}:*: pytest-ctb failed while applying it*broke off there, twice*"])
    assert not [line for line in result.outlines if line.startswith("ERROR ") and name not in line]
