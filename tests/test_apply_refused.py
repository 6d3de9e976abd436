"""What `ctb apply` and its kin get that they cannot work with: one clear message, exit code 2, nothing done, no password."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest

from livedb import write
from machine import wait_until
from needs import pgbouncer
from pytest_ctb.deploy.connection import read_target
from pytest_ctb.deploy.pooler import refuse_known_pooler
from pytest_ctb.errors import LiveError
from pytest_ctb.postgres import scratch
from test_apply import FILES, ONE, THREE, TWO, UNCHECKED
from wire import Wire

COMMANDS = [
    ("apply", *UNCHECKED),
    ("apply", "--adopt"),
    ("apply", "--dry-run"),
    ("status",),
    ("rollback", ONE, "--yes", *UNCHECKED),
]


@pytest.fixture
def team(tmp_path):
    write(tmp_path, FILES)
    return tmp_path


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda one: " ".join(one[:2]))
@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"password": "hunter2"}, "password authentication failed"),
        ({"user": "nobody_here", "password": "hunter2"}, "password authentication failed"),
        ({"host": "/nowhere", "password": "hunter2"}, "cannot be reached"),
    ],
    ids=["password", "role", "host"],
)
def test_a_database_that_cannot_be_reached(team, live, ctb, arguments, wrong, told):
    code, said = ctb(team, live.url(**wrong), *arguments)
    assert (code, told in said) == (2, True), said
    assert "hunter2" not in said
    assert len(said.splitlines()) <= 4


def test_no_database_is_named(team, ctb):
    code, said = ctb(team, "", "apply")
    assert (code, "which database?" in said) == (2, True)


@pytest.mark.parametrize(
    "option",
    [
        ("--lock-timeout", "soon"),
        ("--statement-timeout", "5 parsecs"),
        ("--lock-timeout", "-1s"),
        ("--retries", "-1"),
        ("--wait", "x"),
    ],
)
def test_a_wrong_time(team, live, ctb, option):
    assert ctb(team, live, "apply", *option, *UNCHECKED)[0] == 2


def test_tls_is_asked_for_and_not_had(team, live, ctb, tmp_path):
    wire = Wire(tmp_path, f"{live.server.admin['host']}/.s.PGSQL.5432", tcp=True)
    plain = live.url("127.0.0.1", str(wire.port), sslmode="disable")
    assert ctb(team, plain, "status")[0] == 1
    code, said = ctb(team, plain.replace("sslmode=disable", "sslmode=require"), "apply", *UNCHECKED)
    wire.close()
    assert (code, "server does not support SSL, but SSL was required" in said) == (2, True), said
    assert live.ask("SELECT to_regnamespace('ctb_ledger')") == [(None,)]


def test_a_role_that_may_not_make_a_ledger(team, live, ctb):
    live.do("CREATE ROLE reader_of_live LOGIN PASSWORD 'hunter2'")
    code, said = ctb(team, live.url(user="reader_of_live", password="hunter2"), "apply", *UNCHECKED)
    seen, _ = ctb(team, live.url(user="reader_of_live", password="hunter2"), "status")
    ctb(team, live, "apply", *UNCHECKED)
    refused, words = ctb(team, live.url(user="reader_of_live", password="hunter2"), "status")
    live.do("DROP ROLE reader_of_live")
    assert (code, "permission denied for database" in said, "GRANT CREATE ON DATABASE" in said) == (2, True, True), said
    assert seen == 1
    assert (refused, "the role cannot read the ledger: permission denied for schema ctb_ledger" in words) == (
        2,
        True,
    ), words


def test_a_database_that_takes_no_writes(team, live, ctb):
    live.do(f"ALTER DATABASE {live.name} SET default_transaction_read_only = on")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, "read-only transaction" in said) == (2, True), said


# A ledger that is not as we left it


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            "UPDATE ctb_ledger.ledger SET format = 99, tool = '9.9'",
            "the ledger was written by ctb 9.9, in a newer format (99); update this one",
        ),
        ("DELETE FROM ctb_ledger.ledger", "was edited by hand: ctb_ledger.ledger has 0 rows, not one"),
        (
            "ALTER TABLE ctb_ledger.migrations DROP COLUMN sha256, DROP COLUMN xid",
            "was edited by hand: migrations has no column sha256, xid",
        ),
        ("UPDATE ctb_ledger.migrations SET state = 'done'", f"was edited by hand: {ONE} has the state 'done'"),
        (
            "ALTER TABLE ctb_ledger.migrations DROP CONSTRAINT migrations_pkey; INSERT INTO ctb_ledger.migrations SELECT * FROM ctb_ledger.migrations",
            f"was edited by hand: it has two rows for {ONE}",
        ),
        (
            "ALTER TABLE ctb_ledger.migrations ALTER content DROP NOT NULL; UPDATE ctb_ledger.migrations SET content = NULL",
            f"was edited by hand: {ONE} has no content",
        ),
        ("DROP TABLE ctb_ledger.migrations", 'was edited by hand: relation "ctb_ledger.migrations" does not exist'),
    ],
)
def test_a_ledger_that_was_edited_is_told(team, live, ctb, edit, told):
    ctb(team, live, "apply", *UNCHECKED)
    live.do(edit)
    for arguments in (("status",), ("apply", *UNCHECKED), ("rollback", ONE, "--yes", *UNCHECKED)):
        code, said = ctb(team, live, *arguments)
        assert (code, told in said) == (2, True), said
    assert live.ask("SELECT count(*) FROM item") == [(1,)]


def test_a_row_of_a_file_that_is_gone_is_told_and_no_more(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    live.do(
        'INSERT INTO ctb_ledger.migrations SELECT (m).* FROM (SELECT jsonb_populate_record(m, \'{"file": "migrations/gone.sql"}\') AS m FROM ctb_ledger.migrations m LIMIT 1) x'
    )
    code, said = ctb(team, live, "status")
    assert (code, "missing  migrations/gone.sql" in said) == (1, True), said
    write(team, {"2025-01-04_more.sql": "CREATE TABLE more ();"})
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0


def test_a_row_of_another_server_s_transaction_is_for_a_person(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    live.do(
        f"UPDATE ctb_ledger.migrations SET state = 'applying', done = 0, step = 3, xid = '123456789', backend = 0, cluster = 'of a dump' WHERE file = '{ONE}'"
    )
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, "whether line" in said, f"--as-applied {ONE}" in said) == (1, True, True), said


# Poolers


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (
            "postgresql://app:hunter2@ep-cool-fog-123456-pooler.eu-central-1.aws.neon.tech/shop",
            "Connect directly: ep-cool-fog-123456.eu-central-1.aws.neon.tech",
        ),
        (
            "postgresql://app:hunter2@aws-0-eu-west-1.pooler.supabase.com:6543/postgres",
            "Supabase's pooler for transactions",
        ),
    ],
)
def test_poolers_that_are_known_by_their_names(team, ctb, url, told):
    for arguments in COMMANDS:
        if arguments != ("status",):
            code, said = ctb(team, url, *arguments)
            assert (code, told in said, "hunter2" in said) == (2, True, False), said


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://app@ep-cool-fog-123456.eu-central-1.aws.neon.tech/shop",
        "postgresql://app@aws-0-eu-west-1.pooler.supabase.com:5432/postgres",
        "postgresql://app@my-pooler.example.com/shop",
    ],
)
def test_addresses_that_are_no_such_pooler_s(url):
    refuse_known_pooler(read_target(url, {}))


def test_neon_s_name_is_not_looked_for_elsewhere():
    with pytest.raises(LiveError):
        refuse_known_pooler(read_target("postgresql://app@x-pooler.y.neon.tech/shop", {}))


@pytest.fixture
def bouncer(server):
    """Start a PgBouncer before the server; gives its folder, which is the host to connect to."""
    user = scratch.unprivileged()
    folders, running = [], []

    def start(mode: str) -> str:
        folder = Path(tempfile.mkdtemp(prefix="ctb-pooler-"))
        folders.append(folder)
        admin = server.admin
        (folder / "users").write_text(f'"postgres" "{admin["password"]}"\n')
        (folder / "ini").write_text(
            f"[databases]\n* = host={admin['host']} port=5432 password={admin['password']}\n"
            f"[pgbouncer]\nlisten_addr =\nlisten_port = 5432\nunix_socket_dir = {folder}\nauth_type = plain\nauth_file = {folder}/users\n"
            f"pool_mode = {mode}\nlogfile = {folder}/log\n"
        )
        if user:
            for one in (folder, folder / "users", folder / "ini"):
                shutil.chown(one, user.uid, user.gid)
        running.append(
            subprocess.Popen(
                [pgbouncer(), str(folder / "ini")],
                user=user.uid if user else None,
                group=user.gid if user else None,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                extra_groups=[] if user else None,
            )
        )
        wait_until((folder / ".s.PGSQL.5432").exists, f"PgBouncer has its socket; {folder}/log says why not")
        return str(folder)

    yield start
    for one in running:
        one.terminate()
        one.wait()
    for folder in folders:
        shutil.rmtree(folder)


@pytest.mark.pooler
@pytest.mark.parametrize("mode", ["transaction", "statement"])
def test_a_real_pooler_for_transactions_is_seen_and_refused(team, live, ctb, bouncer, mode):
    code, said = ctb(team, live.url(bouncer(mode)), "apply", *UNCHECKED)
    assert (code, "pooler" in said) == (2, True), said
    assert live.ask("SELECT to_regnamespace('ctb_ledger')") == [(None,)]


@pytest.mark.pooler
def test_a_pooler_for_sessions_serves(team, live, ctb, bouncer):
    host = bouncer("session")
    assert ctb(team, live.url(host), "apply", *UNCHECKED)[0] == 0
    assert ctb(team, live, "status")[0] == 0


@pytest.mark.pooler
def test_a_pooler_for_sessions_serves_whatever_the_database_has_laid_down(team, live, ctb, bouncer):
    """PgBouncer refuses most settings that come with the login: ours are said behind it."""
    host = bouncer("session")
    for setting in (
        "DateStyle = 'German'",
        "search_path = 'nowhere'",
        "quote_all_identifiers = on",
        "TimeZone = 'Asia/Tokyo'",
    ):
        live.do(f"ALTER DATABASE {live.name} SET {setting}")
    (team / ONE).write_text("CREATE TABLE public.item (id bigint PRIMARY KEY);\n")
    (team / TWO).write_text("ALTER TABLE public.item ADD COLUMN price numeric;\n")
    (team / THREE).write_text("INSERT INTO public.item VALUES (1, 2);\n")
    code, said = ctb(team, live.url(host), "apply", *UNCHECKED)
    assert code == 0, said
    assert ctb(team, live.url(host), "status")[0] == 0


@pytest.mark.pooler
@pytest.mark.parametrize("command", [("status",), ("apply", *UNCHECKED), ("verify",)])
def test_nothing_of_ours_is_left_in_a_session_that_others_get(team, live, ctb, bouncer, command):
    host = bouncer("transaction")
    ctb(team, live.url(host), *command)
    with psycopg.connect(live.url(host), autocommit=True) as next_one:
        for name, usual in (
            ("search_path", '"$user", public'),
            ("row_security", "on"),
            ("lock_timeout", "0"),
            ("default_transaction_read_only", "off"),
        ):
            assert next_one.execute(f"SHOW {name}").fetchone() == (usual,)
