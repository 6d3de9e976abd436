"""No message, report, process or traceback of ours shows a password, not in part and not of an address that is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import sample
from livedb import write
from machine import choice_of
from pytest_ctb.cli import main
from pytest_ctb.deploy.connection import read_target
from pytest_ctb.errors import ConfigError, CtbError, LiveError
from pytest_ctb.postgres import Wanted, choose
from pytest_ctb.postgres.address import Address, address, secrets

SECRET, REST = "Wr0ng", "Zq9x"
"""Two parts of a password, neither of which any other text has."""
BETWEEN = [
    "@",
    "/",
    ":",
    "%",
    " ",
    "#",
    "?",
    "&",
    "=",
    "[",
    "]",
    "\\",
    "'",
    '"',
    "\n",
    "\t",
    "+",
    ",",
    ";",
    "$",
    "\u00fc",
    "%zz",
    "@/",
    ":/",
    "://",
    "%40",
]
FRAMES = [
    "postgresql://boss:{}@127.0.0.1:1/shop",
    "postgres://boss:{}@127.0.0.1:1",
    "postgresql://boss:{}@[::1]:1/shop?sslmode=disable",
    "postgresql://boss:{}@[::1:1/shop",
    "postgresql://boss:{}@127.0.0.1:1,127.0.0.1:2/shop",
    "postgresql://boss:{}@/shop?host=/nowhere",
    "postgresql://boss:{}@127.0.0.1:port/shop",
    "postgresql://boss@127.0.0.1:1/shop?password={}",
    "postgresql://boss@127.0.0.1:1/shop?pasword={}",
    "postgresql:/boss:{}@127.0.0.1/shop",
    "postgresql//boss:{}@127.0.0.1/shop",
    "Postgresql://boss:{}@127.0.0.1/shop",
    " postgresql://boss:{}@127.0.0.1:1/shop",
    "boss:{}@127.0.0.1/shop",
    "host=127.0.0.1 port=1 user=boss password={}",
    "host=127.0.0.1 port=1 user=boss password='{}'",
    "host=127.0.0.1 port=1 user=boss password = {} dbname=shop",
    "host=127.0.0.1 port=1 password={} service=nowhere",
    "host=127.0.0.1 port=1 passwd={}",
    "dbname=postgresql://boss:{}@127.0.0.1/shop",
    "postgresql://boss%3A{}@127.0.0.1:1/shop",
    "postgresql://boss:{}@127.0.0.1:1/postgresql://boss:{}@127.0.0.1/x",
    "mysql://boss:{}@127.0.0.1/shop",
    "jdbc:postgresql://127.0.0.1/shop?user=boss&password={}",
]  # fmt: skip
PASSWORD = st.lists(st.sampled_from(BETWEEN), min_size=0, max_size=2).map(
    lambda signs: f"{SECRET}{''.join(signs)}{REST}"
)
MALFORMED = st.builds(lambda frame, password: frame.replace("{}", password), st.sampled_from(FRAMES), PASSWORD)


def is_hidden(text: object) -> bool:
    return not any(part in str(text) for part in (SECRET, REST))


def shown(error: BaseException) -> str:
    """All that Python would print of an error."""
    seen = ""
    while error is not None:
        seen += f"{error!r} {error} "
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return seen


def connected(url):
    found = read_target(url, {})
    assert is_hidden(f"{found} {found!r}")
    with found.connect():
        pass


def started(url):
    choice = choose(Wanted(url))
    assert is_hidden(choice)
    with choice.offer.start():
        pass


@given(MALFORMED)
@example("postgresql://boss:Wr0ng@Zq9x@127.0.0.1/shop")
@example("postgresql://boss:Wr0ng/Zq9x@127.0.0.1/shop")
def test_a_live_database_s_address_hides_it(url):
    with pytest.raises((ConfigError, LiveError)) as caught:
        connected(url)
    assert is_hidden(shown(caught.value))


@given(MALFORMED)
@example("postgresql://boss:Wr0ng@Zq9x@127.0.0.1/shop")
def test_a_throwaway_server_s_address_hides_it(url):
    with pytest.raises(CtbError) as caught:
        started(url)
    assert is_hidden(shown(caught.value))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("postgresql://", None),
        ("postgresql://boss@db.example.com/shop", {"user": "boss", "host": "db.example.com", "dbname": "shop"}),
        ("postgresql://boss:pa%40ss@h-1.x_y:5433/shop", {"user": "boss", "password": "pa@ss", "host": "h-1.x_y", "port": "5433", "dbname": "shop"}),
        ("postgres://boss:a#b?c@h/d", {"user": "boss", "password": "a#b?c", "host": "h", "dbname": "d"}),
        ("postgresql://a@h1:1,h2:2/d?target_session_attrs=any", {"user": "a", "host": "h1,h2", "port": "1,2", "dbname": "d", "target_session_attrs": "any"}),
        ("postgresql://[2001:db8::1]:5432/d", {"host": "2001:db8::1", "port": "5432", "dbname": "d"}),
        ("postgresql://[fe80::1%25eth0]/d", {"host": "fe80::1%eth0", "dbname": "d"}),
        ("postgresql:///d?host=/var/run/postgresql&user=a@b", {"dbname": "d", "host": "/var/run/postgresql", "user": "a@b"}),
        ("postgresql://%2Fvar%2Frun/d", {"host": "/var/run", "dbname": "d"}),
        ("postgresql://me%40server:x@h/d?application_name=me@x", {"user": "me@server", "password": "x", "host": "h", "dbname": "d", "application_name": "me@x"}),
        ("postgresql://u:a:b@h/d", {"user": "u", "password": "a:b", "host": "h", "dbname": "d"}),
        ("postgresql://u@h/my%40db", {"user": "u", "host": "h", "dbname": "my@db"}),
        ("host=h user=a password='p w' dbname='my db'", {"host": "h", "user": "a", "password": "p w", "dbname": "my db"}),
        ("service=shop", {"service": "shop"}),
    ],
)  # fmt: skip
def test_an_address_that_is_right_is_read_as_libpq_reads_it(text, told):
    if told is None:
        with pytest.raises(ConfigError):
            address(text, "x")
    else:
        assert address(text, "x") == told


def test_a_traceback_shows_names_alone():
    found = address(f"postgresql://boss:{SECRET}@h/d", "x")
    assert repr(found) == "<user, password, dbname, host>"
    assert list(secrets(found)) == [SECRET]
    assert is_hidden(Wanted(f"postgresql://boss:{SECRET}@h/d"))
    assert isinstance(json.loads(json.dumps(Address(a="b"))), dict)


@pytest.mark.parametrize("url", [frame.replace("{}", f"{SECRET}@{REST}") for frame in FRAMES])
def test_no_command_shows_it(tmp_path, monkeypatch, capsys, url):
    write(tmp_path, {"2025-01-01_create_a.sql": "CREATE TABLE a (id int);"})
    monkeypatch.chdir(tmp_path)
    for arguments in (
        ["status"],
        ["verify"],
        ["apply", "--no-check", "x"],
        ["rollback", "--yes", "migrations/2025-01-01_create_a.sql"],
    ):
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--database-url", url])
        said = capsys.readouterr()
        assert ended.value.code == 2
        assert is_hidden(said.out + said.err)
        assert "Traceback" not in said.err


@pytest.mark.parametrize("frame", FRAMES)
def test_no_run_shows_it(pytester, frame):
    """Not in the message, nor with every frame's variables."""
    sample.write(pytester.path)
    for password in (f"{SECRET}@{REST}", quote(f"{SECRET}@{REST}", safe="")):
        done = pytester.runpytest(
            "--ctb",
            f"--ctb-postgres={frame.replace('{}', password)}",
            "--showlocals",
            "--tb=long",
            "--full-trace",
            "-k",
            "replay",
        )
        text = done.stdout.str() + done.stderr.str()
        assert is_hidden(text), text
        assert "INTERNALERROR" not in text


@pytest.mark.parametrize(
    ("crash", "told"),
    [
        ("return plain(self, '\\ud800')", "the password cannot be passed to a connection: UnicodeEncodeError"),
        (
            "import pytest_ctb.postgres.place as place; place._no_libpq_variables = None; return plain(self)",
            "TypeError: 'NoneType' object is not callable",
        ),
    ],
    ids=["character", "frames"],
)
def test_a_run_that_crashes_and_its_processes_show_it_nowhere(pytester, crash, told):
    """On a server that answers: no report, no variable of a frame, no process of the run."""
    sample.write(pytester.path)
    with choice_of(18).offer.start() as machine:
        with machine.connect() as admin:
            admin.execute(f"CREATE ROLE boss CREATEDB CREATEROLE LOGIN PASSWORD '{SECRET}@{REST}'")
        secret = quote(f"{SECRET}@{REST}", safe="")
        url = f"postgresql://boss:{secret}@/postgres?host={quote(machine.admin['host'])}&port=5432"
        (pytester.path / "pytest.ini").write_text(f"[pytest]\nctb_postgres = {url}\n")
        pytester.makeconftest(CRASHING.replace("CRASH", crash))
        environment = {**os.environ, "DATABASE_URL": url, "PGPASSWORD": f"{SECRET}{REST}"}
        environment["PYTEST_ADDOPTS"] += f" --ctb-postgres={url}"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--ctb", "--showlocals", "--tb=long", "--ctb-fresh"]
            + [f"--ctb-report=r.{ending}" for ending in ("json", "sarif", "md", "html")],
            cwd=pytester.path,
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout
    assert told in done.stdout
    lines = [line for line in (done.stdout + done.stderr).splitlines() if not is_hidden(line)]
    assert lines == []
    for report in pytester.path.glob("r.*"):
        assert is_hidden(report.read_text(encoding="utf-8"))
    processes = (pytester.path / "seen.txt").read_text()
    assert "guard.py" in processes
    assert is_hidden(processes.replace("\0", "\n"))


CRASHING = """
import os, pathlib, subprocess
from pytest_ctb.postgres import Server
plain, calls = Server.connect, []
def connect(self, *arguments, **named):
    calls.append(1)
    if len(calls) < 4:
        return plain(self, *arguments, **named)
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True, text=True).stdout
    files = [f"/proc/{pid}/{name}" for pid in children.split() for name in ("cmdline", "environ")]
    lines = [pathlib.Path(one).read_bytes().decode(errors="replace") for one in files if os.path.exists(one)]
    pathlib.Path("seen.txt").write_text("\\n".join(line for line in lines))
    CRASH
Server.connect = connect
"""
