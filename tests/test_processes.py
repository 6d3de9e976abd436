"""A replay in several processes: what they observe together is what one observes, whatever happens to one of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import sample
from machine import as_migrations, processes, wait_until
from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import ConfigError, ServerError
from pytest_ctb.model import Order, Repository
from pytest_ctb.postgres import Choice, Wanted, choose
from pytest_ctb.replay import run, worker
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.sql import read_consumers
from test_memory import _histories, asked, named, same, write
from test_servers import ctb, home, left_in, project, running, wait_for_statement
from test_start import NOTES_GUARDS, guards

__all__ = ["home", "project"]  # the fixtures of servers

pytest_plugins = ["pytester"]

_MANY = [
    "CREATE SCHEMA IF NOT EXISTS shop;",
    *(
        f"BEGIN;\nCREATE TABLE IF NOT EXISTS shop.t{n} (id bigint GENERATED ALWAYS AS IDENTITY, note text);\n"
        f"INSERT INTO shop.t{n} (note) VALUES ('a');\nCOMMIT;\n-- Rollback:\n-- DROP TABLE shop.t{n};\n"
        for n in range(60)
    ),
]
_ODD = {
    7: "ALTER TABLE shop.t3 DROP COLUMN note;",
    20: "CREATE TABLE shop.never (id bigint, other shop.nothing);",
    21: "ALTER TABLE shop.never ADD COLUMN more int;",  # to blame is the file before
    33: "CREATE INDEX CONCURRENTLY shop_i ON shop.t2 (note);",
    44: "SELECT nextval('shop.t5_id_seq'); UPDATE shop.t5 SET note = 'b'; DELETE FROM shop.t6;",
    50: "DO $$ BEGIN EXECUTE 'CREATE TABLE shop.made (id int)'; END $$;",
    58: "INSERT INTO shop.late SELECT 1;",
    70: "CREATE TABLE shop.late (n int);",  # the one before only stands in the wrong place
}


def history(more=()) -> Repository:
    texts = list(_MANY)
    for place, text in sorted({**_ODD, **dict(more)}.items()):
        texts.insert(place, text)
    sending = "-- name: notes\nSELECT note FROM shop.t3;\n-- name: fine\nSELECT id FROM shop.t1;\n"
    base = as_migrations("CREATE TABLE base ();")[0]
    (file,) = as_migrations(sending)
    return Repository(
        Path(), as_migrations(*texts), (base,), Order(), consumers=tuple(read_consumers("api.sql", file.source))
    )


def observed(repository, processes=1, **told):
    return Orchestrator(repository, replace(Settings("embedded", processes=processes), **told)).replay()


@pytest.fixture(scope="module")
def alone():
    """What one process observes."""
    return observed(history())


@pytest.fixture
def tasks(monkeypatch):
    """The tasks that other processes were handed; what is in `then` is called with the pool behind each."""
    handed_on = worker.Pool.submit

    class Tasks(list):
        then = staticmethod(id)

    handed = Tasks()

    def submit(self, task):
        handed.append(task)
        result = handed_on(self, task)
        handed.then(self)
        return result

    monkeypatch.setattr(worker.Pool, "submit", submit)
    return handed


@pytest.mark.parametrize("count", [2, 3])
def test_several_observe_what_one_does(tasks, alone, count):
    assert same(observed(history(), count), alone)
    assert len(tasks) == count - 1
    assert [path for path, file in alone.files.items() if not file.applied] == ["21.sql", "22.sql", "59.sql"]
    assert (alone.files["22.sql"].culprit, alone.files["59.sql"].applies_last) == ("21.sql", True)
    assert [(served.last.error is None, served.worked) for served in alone.consumer_results] == [
        (False, True),
        (True, True),
    ]


@settings(
    max_examples=int(os.environ.get("CTB_EXAMPLES", "4")),
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(_histories)
def test_every_verdict_is_that_of_one_process(tmp_path_factory, texts):
    top = tmp_path_factory.mktemp("shared")
    write(top, named(texts))
    (one, by_one), (three, by_three) = (asked(top, None, processes=count) for count in (1, 3))
    assert by_one == by_three
    assert same(one.replay().schema, three.replay().schema)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE ROLE clerk;",
        "DO $$ BEGIN CREATE ROLE clerk; END $$;",
        "DO $$ DECLARE r text := 'clerk'; BEGIN EXECUTE format('CREATE ROLE %I', r || 2); END $$;",
        "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE lower('CREATE USER clerk'); END $$; SELECT f();",
        "GRANT pg_monitor TO CURRENT_USER;",
        "REASSIGN OWNED BY CURRENT_USER TO CURRENT_USER;",
    ],
)
def test_what_all_databases_of_a_server_share_is_replayed_by_two_as_by_one(tasks, text):
    """Each has a server of its own; the second meets what files before its range have made, on its server too."""
    more = {30: text, 62: "DO $$ BEGIN ASSERT (SELECT count(*) FROM pg_roles WHERE rolname = 'clerk') < 2; END $$;"}
    repository = history(more)
    assert same(observed(repository, 2), observed(repository))
    assert tasks[0].first > 31


def test_roles_live_on_from_file_to_file_in_both(tasks):
    """Made by the prelude or by a file, granted and dropped, before and in the range of the second process."""
    (prelude,) = as_migrations("CREATE ROLE platform; GRANT platform TO pytest_ctb_owner WITH ADMIN OPTION;")
    more = {
        2: "CREATE ROLE clerk; GRANT platform TO clerk; GRANT SELECT ON ALL TABLES IN SCHEMA shop TO clerk;",
        30: "CREATE ROLE chief; GRANT clerk TO chief;",
        62: "ALTER ROLE clerk NOINHERIT; GRANT INSERT ON shop.t2 TO clerk; CREATE ROLE last;",
        63: "REVOKE clerk FROM chief; DROP ROLE chief;",
        64: "CREATE ROLE clerk;",
    }
    repository = history(more)
    two, one = (observed(repository, count, prelude=(prelude,)) for count in (2, 1))
    assert same(two, one)
    assert 31 < tasks[0].first < 62
    failed = [path for path, file in one.files.items() if not file.applied]
    assert len(failed) == 4  # three of the history, and the role that exists


def test_the_prelude_runs_once_on_each_server(tasks):
    """Before anything else there."""
    (prelude,) = as_migrations(
        "CREATE TABLE public.once (n int); INSERT INTO public.once VALUES (1); GRANT SELECT ON public.once TO PUBLIC;"
    )
    asking = {60: "DO $$ BEGIN ASSERT (SELECT count(*) FROM public.once) = 1; END $$;", 1: "SELECT n FROM public.once;"}
    seen = observed(history(asking), 2, prelude=(prelude,))
    assert len(tasks) == 1
    assert [path for path, file in seen.files.items() if not file.applied] == ["21.sql", "22.sql", "59.sql"]
    with pytest.raises(ConfigError, match="the prelude fails"):
        observed(history(), 2, prelude=as_migrations("SELECT nonsense;"))


@pytest.mark.parametrize("what", ["a process", "its server", "our server"])
def test_what_is_killed_in_the_middle_is_made_up_for(monkeypatch, tasks, alone, what):
    ours = []
    replay = run._work_in_parallel
    monkeypatch.setattr(run, "_work_in_parallel", lambda given, pool: (ours.append(given[0]), replay(given, pool))[1])

    def kill(pool):
        if what == "a process":
            os.kill(next(iter(pool._executor._processes)), signal.SIGKILL)
        else:
            (task,) = ours if what == "our server" else tasks
            folder = Path(task.server.admin["host"], "data")
            os.kill(int((folder / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    tasks.then = kill
    assert same(observed(history(), 2), alone)
    assert len(tasks) == 1  # behind that, one process did it all


_UNREAD = """
import os, signal
from concurrent.futures.process import BrokenProcessPool
from pytest_ctb.replay import worker

pool = worker.Pool(2)
for process in pool._executor._processes:
    os.kill(process, signal.SIGSTOP)
task = pool._executor.submit(len, bytes(10_000_000))
for process in list(pool._executor._processes):
    os.kill(process, signal.SIGKILL)
try:
    task.result()
except BrokenProcessPool:
    pool.end()
    print("ended")
"""


def test_processes_that_die_before_they_have_read_a_long_task_hold_nobody_up():
    """The task is longer than what a pipe takes: whoever writes it waits for a reader."""
    done = subprocess.run([sys.executable, "-c", _UNREAD], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "ended\n"


def test_where_no_process_can_be_started_this_one_does_it_all(monkeypatch, tasks, alone):
    def refuses(*_given, **_more):
        raise NotImplementedError("this platform has no semaphores")

    monkeypatch.setattr(worker, "ProcessPoolExecutor", refuses)
    assert same(observed(history(), 2), alone)
    assert not tasks


def test_where_no_further_server_can_be_started_this_process_does_it_all(monkeypatch, tasks, alone):
    orchestrator = Orchestrator(history(), Settings("embedded", processes=3))
    offer, begun = orchestrator.choice.offer, []

    @contextmanager
    def begin():
        begun.append(1)
        with offer.begin() as start:
            yield start if len(begun) == 1 else refuses

    @contextmanager
    def refuses():
        raise ServerError("it did not start")
        yield

    monkeypatch.setattr(orchestrator, "choice", Choice(replace(offer, begin=begin), ()))
    assert same(orchestrator.replay(), alone)
    assert len(begun) == 3
    assert not tasks


def test_on_a_server_of_others_one_process_replays(tasks):
    with choose(Wanted("embedded")).offer.start() as server:
        admin = server.admin
        url = f"postgresql://{admin['user']}:{admin['password']}@/postgres?host={quote(admin['host'])}&port=5432"
        orchestrator = Orchestrator(history(), Settings(url, processes=2))
        assert all(not file.trouble for file in orchestrator.replay().files.values())
    assert not tasks


def test_what_fails_at_one_file_fails_there_alone(tasks):
    """In two processes as in one."""
    ends = "SELECT pg_terminate_backend(pg_backend_pid());"
    repository = history({40: ends})
    two, one = observed(repository, 2), observed(repository)
    assert same(two, one)
    assert len(tasks) == 1


@given(st.lists(st.integers(0, 9), max_size=300), st.integers(0, 300), st.integers(1, 12))
def test_stretches_are_whole_and_in_their_order(lengths, first, count):
    first = min(first, len(lengths))
    (statement,) = as_migrations("SELECT 1;")[0].statements
    migrations = [replace(as_migrations("")[0], statements=(statement,) * length) for length in lengths]
    ranges = run._ranges(migrations, first, count)
    assert (ranges[0][0], ranges[-1][1]) == (first, len(lengths))
    assert all(before[1] == behind[0] for before, behind in pairwise(ranges))
    assert 1 <= len(ranges) <= count
    assert all(start < stop for start, stop in ranges) or ranges == [(first, first)]


def test_who_passes_by_more_watches_less():
    migrations = as_migrations(*["SELECT 1;"] * 1000)
    lengths = [stop - start for start, stop in run._ranges(migrations, 0, 4)]
    assert lengths == sorted(lengths, reverse=True)
    assert len({*lengths}) == 4


# --- under pytest ---------------------------------------------------------------------------------------------------

NOTES_IMPORTS = """
import sys

if "--multiprocessing-fork" in sys.orig_argv and "resource_tracker" not in " ".join(sys.orig_argv):
    def note(event, arguments):
        if event == "import":
            with open({path!r}, "a") as file:
                file.write(arguments[0] + "\\n")

    sys.addaudithook(note)
"""


@pytest.mark.parametrize("how", ["pytest", "python -m pytest", "a program", "-n 2", "ctb"])
def test_another_process_runs_nothing_of_the_users(project, home, how):
    """Neither pytest, nor a conftest.py, nor the program that was started."""
    (home / "sitecustomize.py").write_text(NOTES_IMPORTS.format(path=str(home / "imported")))
    (project / "conftest.py").write_text("open('conftest', 'a').write('ran\\n')\n")
    options = ["--ctb", "--ctb-postgres=embedded", "--ctb-processes=2", "-q"]
    (project / "own.py").write_text(
        f"open('own', 'a').write('ran\\n')\nimport pytest\nraise SystemExit(pytest.main({options}))\n"
    )
    script = Path(sys.executable).parent
    command = {
        "pytest": [script / "pytest", *options],
        "python -m pytest": [sys.executable, "-m", "pytest", *options],
        "a program": [sys.executable, "own.py"],
        "-n 2": [script / "pytest", *options, "-n", "2"],
        "ctb": [script / "ctb", "baseline", "--", "--ctb-postgres=embedded", "--ctb-processes=2"],
    }[how]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    environment = {**kept, "PYTHONPATH": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    imported = {name.partition(".")[0] for name in (home / "imported").read_text().split()}
    assert {"pytest_ctb", "psycopg"} <= imported
    assert not imported & {"pytest", "_pytest", "pluggy", "xdist", "conftest", "own", "click", "sqlfluff"}
    assert len((project / "conftest").read_text().split()) == (3 if how == "-n 2" else 1)
    assert not (project / "own").exists() or (project / "own").read_text() == "ran\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_processes_end_with_pytest(project, home, number):
    """However it ends, and though they wait for an answer of the server; and so do the servers of all of them."""
    sample.write_more(project)
    last = max((project / "migrations").iterdir())
    last.write_text(last.read_text().replace("BEGIN;", "BEGIN;\nSELECT pg_sleep(50);", 1))
    with running(project, home, "--ctb-processes", "2") as process:
        wait_for_statement(home, process)
        assert any("--multiprocessing-fork" in line for line in processes(str(project)))
        assert len([*home.glob("pytest-ctb-*/data")]) == 2
        process.send_signal(number)
        process.communicate(timeout=60)
    wait_until(lambda: not left_in(home) and not processes(str(project)), "all have gone")


def test_with_xdist_one_worker_has_the_evidence_for_all(project, home):
    """One server, and the verdicts of a run without."""
    (project / "conftest.py").write_text(NOTES_GUARDS)
    together = ctb(project, home, "-n", "2", "--ctb-report=two.json")
    assert guards(project) == 1, together.stdout
    ctb(project, home, "--ctb-fresh", "--ctb-report=one.json")
    one, two = (json.loads((project / name).read_text()) for name in ("one.json", "two.json"))
    assert one["summary"] == two["summary"]
    assert one["findings"] == two["findings"]


@pytest.mark.parametrize("told", ["0", "100", "-1", "two", "1.5", ""])
def test_what_is_no_number_of_processes_is_a_usage_error(pytester, told):
    sample.write(pytester.path)
    done = pytester.runpytest_subprocess("--ctb", f"--ctb-processes={told}", "-m", "ctb_static")
    if told:
        assert done.ret == pytest.ExitCode.USAGE_ERROR
        done.stderr.fnmatch_lines([f"*--ctb-processes {told}: say auto, or a number from 1 to 99"])
    else:
        assert done.ret == 0


def test_what_xdist_has_seen_is_remembered_with_and_without_it(pytester):
    """To the microsecond; and neither where the cache is off, nor where the run shall be fresh."""
    sample.write(pytester.path)

    def report(*options):
        pytester.runpytest_subprocess("--ctb", "--ctb-postgres", "embedded", "--ctb-report", "seen.json", *options)
        found = json.loads((pytester.path / "seen.json").read_text())
        assert found["summary"]["failed"] == 0
        return found["migrations"]

    first = report("-n", "2")
    assert report() == report("-n", "2") == first
    assert report("-p", "no:cacheprovider") != first
    assert report() == first
    fresh = report("--ctb-fresh", "-n", "2")
    assert fresh != first
    assert report() == fresh
    assert report("--cache-clear") != fresh


def test_where_nothing_can_be_written_nothing_is_remembered(pytester):
    """A checkout that may only be read: pytest warns of its own cache, and the suite runs."""
    sample.write(pytester.path)
    result = pytester.runpytest_subprocess("--ctb", "--ctb-postgres", "embedded", "-o", "cache_dir=/dev/null/x")
    assert result.ret == 0
    assert set(result.parseoutcomes()) <= {"passed", "warnings"}


@pytest.mark.parametrize(
    ("text", "files", "count"),
    [
        ("CREATE TABLE IF NOT EXISTS shop.t{n} (id bigint);", 490, 1),
        ("CREATE TABLE IF NOT EXISTS shop.t{n} (id bigint);", 510, 2),
        ("ALTER TABLE shop.t ADD COLUMN IF NOT EXISTS c{n} int;", 80, 1),
        ("ALTER TABLE shop.t ADD COLUMN IF NOT EXISTS c{n} int;", 90, 2),
        ("BEGIN; ALTER TABLE shop.t ADD COLUMN IF NOT EXISTS c{n} int; COMMIT;", 80, 1),
        ("ALTER TABLE shop.t ADD COLUMN a{n} int; ALTER TABLE shop.t ADD COLUMN b{n} int;", 60, 2),
        ("ALTER TABLE shop.t ADD COLUMN IF NOT EXISTS c{n} int;", 200, 3),
        ("ALTER TABLE shop.t ADD COLUMN IF NOT EXISTS c{n} int;", 900, 4),
        ("SELECT 1;" * 5000, 1, 1),
    ],
    ids=lambda given: str(given)[:30],
)
def test_there_are_as_many_processes_as_the_files_are_worth(monkeypatch, text, files, count):
    """Statements of files that do more than make new things take longer, so fewer of them are worth one."""
    monkeypatch.setattr("pytest_ctb.replay.orchestrate._cores", lambda: 4)
    migrations = as_migrations(*[text.format(n=n) for n in range(files)])
    orchestrator = Orchestrator(Repository(Path(), migrations, (), Order()), Settings("embedded"))
    assert orchestrator._processes == count
