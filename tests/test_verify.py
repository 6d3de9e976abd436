"""`ctb verify`: every drift is found, named and brought back; where there is none, none is told."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import jsonschema
import psycopg
import pytest

import sample
from drifts import BY_SUPERUSER, DRIFTS, SCHEMA, UNWRITTEN
from machine import choice_of, oldest_and_newest, replayed, wait_until, wheel_bin
from pytest_ctb.cli import main
from pytest_ctb.cli.project import find
from pytest_ctb.deploy.connection import Target
from pytest_ctb.deploy.drift import live_schema as observing
from pytest_ctb.deploy.drift.compare import as_owned, compare_schemas
from pytest_ctb.deploy.drift.formats import VerifyReport, as_script, as_text
from pytest_ctb.deploy.drift.ignored import parse_ignored
from pytest_ctb.deploy.drift.live_schema import read_live
from pytest_ctb.deploy.drift.repair import repairs
from pytest_ctb.errors import ConfigError, LiveError
from pytest_ctb.model import Evidence
from pytest_ctb.replay.ddl.aspects import STATEMENTS
from pytest_ctb.sql import equivalent

WITHOUT_TRGM = {16}
"""Majors whose server, as the tests have it, has no such extension."""
ROOT = Path(__file__).parent.parent
PSQL = wheel_bin() / "psql"


@dataclass(frozen=True)
class Shop:
    """A server with a clean live database of the sample schema, and what the migrations make."""

    server: object
    replay: Evidence

    @contextmanager
    def copy(self, *, of="clean"):
        """A database of its own to spoil."""
        self.admin.execute(f"CREATE DATABASE copied TEMPLATE {of} OWNER keeper")
        try:
            yield self.target()
        finally:
            self.admin.execute("DROP DATABASE copied WITH (FORCE)")

    @cached_property
    def admin(self):
        """One connection of the superuser for all: each login costs as much as a comparison."""
        return self.server.login()

    def target(self, database="copied", **more):
        """One of the databases."""
        return Target({**self.server.admin, "dbname": database, **more}, "--database-url")

    def run(self, sql, *, who="keeper"):
        """Do something to the copy by hand."""
        with self.server.login("copied") as admin:
            if who:
                admin.execute(f"SET SESSION AUTHORIZATION {who}")
            admin.execute(sql)

    def verified(self, target=None, *, lines=(), owner="", sql=True) -> VerifyReport:
        """What `ctb verify` comes to, with the replay that was had once."""
        out = parse_ignored(lines)
        target = target or self.target()
        seen = read_live(target, out, owner, statements=sql)
        found = compare_schemas(self.replay.schema, self.replay.server, seen, out)
        return VerifyReport(
            str(target), self.replay.server, seen, found, repairs(found, self.replay, seen) if sql else ()
        )


def live(server):
    """The roles and the clean database of a server, made as a team does it: as one owner, file by file."""
    with server.login() as admin:
        admin.execute("CREATE ROLE keeper LOGIN PASSWORD 'keeps' CREATEROLE; CREATE ROLE stranger NOLOGIN")
        admin.execute("CREATE ROLE looker LOGIN PASSWORD 'looks'")
        admin.execute("CREATE DATABASE clean OWNER keeper")
    with server.login("clean") as admin:
        admin.execute("SET SESSION AUTHORIZATION keeper")
        has_trgm = server.info.major not in WITHOUT_TRGM
        admin.execute("\n".join(line for line in SCHEMA.splitlines() if has_trgm or "trgm" not in line))


@pytest.fixture(scope="module")
def shop():
    """The sample, replayed and live, on a server of this module's own: it has roles that a replay would drop."""
    with choice_of(18).offer.start() as server:
        replay = replayed(server, SCHEMA, queries=(STATEMENTS,))
        assert replay.files["1.sql"].applied, replay.files["1.sql"].error
        live(server)
        made = Shop(server, replay)
        yield made
        made.admin.close()


def applied(shop, script, who="keeper"):
    """Run a script as its head says: by psql, each statement by itself."""
    options = {**shop.server.admin, "dbname": "copied", **({"user": who, "password": "keeps"} if who else {})}
    environment = {f"PG{ {'dbname': 'DATABASE'}.get(name, name.upper()) }": value for name, value in options.items()}
    line = [PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    done = subprocess.run(line, input=script, env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{done.stderr}\n{script}"


def keys(seen: VerifyReport) -> set[str]:
    return {str(difference.key) for difference in seen.drift.differences}


def test_a_clean_database_has_none(shop):
    seen = shop.verified(shop.target("clean"))
    assert (keys(seen), seen.drift.notes, seen.repairs) == (set(), (), ()), as_text(seen)


@pytest.mark.parametrize("change", DRIFTS)
def test_each_drift_is_found_named_and_brought_back(shop, change):
    with shop.copy() as target:
        if "watched" in change:
            shop.run("CREATE FUNCTION public.watched() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'")
        who = "" if any(one in change for one in BY_SUPERUSER) else "keeper"
        shop.run(change, who=who)
        seen = shop.verified(target)
        assert keys(seen) - {"function public.watched()"} == set(DRIFTS[change].split("; ")), as_text(seen)
        script = as_script(seen)
        applied(shop, script, who)
        again = shop.verified(target, sql=False)
        if change in UNWRITTEN:
            assert "NOT written" in script
        else:
            assert keys(again) == set(), f"{as_text(again)}\n{script}"


# Where there is none


def test_there_is_none_for_who_may_only_look(shop):
    looker = shop.target("clean", user="looker", password="looks")
    seen = shop.verified(looker)
    assert (keys(seen), seen.drift.notes, seen.live.reader) == (set(), (), "looker"), as_text(seen)
    assert "no drift: its " in as_text(seen)


@pytest.fixture(scope="module", params=oldest_and_newest()[:1], ids="pg{}".format)
def older(request, shop):
    """The same shop on a live server of another major version; it was replayed on 18."""
    with choice_of(request.param).offer.start() as server:
        live(server)
        made = Shop(server, shop.replay)
        yield made
        made.admin.close()


def test_another_version_prints_otherwise_but_has_none(older):
    seen = older.verified(older.target("clean", user="looker", password="looks"))
    lacks = {"extension pg_trgm", "index shop.item_name_trgm_idx"} if seen.live.major in WITHOUT_TRGM else set()
    assert keys(seen) == lacks, as_text(seen)
    assert f"the database is Postgres {seen.live.major}, the migrations were replayed on 18" in seen.drift.notes[0]


@pytest.mark.parametrize(
    "change",
    [
        "CREATE OR REPLACE VIEW shop.cheapest AS SELECT i.name::text AS id, s.note FROM shop.cheap i JOIN shop.sale s ON s.item_id = i.id",
        "CREATE OR REPLACE VIEW shop.cheap AS SELECT id, name, price FROM shop.item WHERE id < 10",
        "GRANT INSERT ON shop.item TO reader",
        "ALTER PUBLICATION sold SET (publish = 'insert')",
        "ALTER TABLE shop.item DROP CONSTRAINT item_state_check; ALTER TABLE shop.item ADD CHECK (state IN ('new', 'sole'))",
    ],
)
def test_another_version_hides_no_drift(older, change):
    with older.copy() as target:
        if "cheapest" in change:
            older.run("DROP VIEW shop.cheapest")
        older.run(change)
        assert len(keys(older.verified(target)) - {"extension pg_trgm", "index shop.item_name_trgm_idx"}) >= 1


def test_a_repair_across_versions_knows_what_the_older_does_not(older):
    with older.copy() as target:
        older.run("DROP TABLE shop.sale CASCADE; REVOKE SELECT ON shop.item FROM reader")
        seen = older.verified(target)
        assert "MAINTAIN" not in as_script(seen)


# Whose the objects are


def test_who_owns_most_is_the_owner_and_what_others_own_is_drift(shop):
    with shop.copy() as target:
        shop.run("ALTER TABLE shop.log OWNER TO stranger", who="")
        assert (shop.verified(target).live.owner, keys(shop.verified(target))) == ("keeper", {"table shop.log"})
        theirs = shop.verified(target, owner="stranger")
        assert "table shop.item" in keys(theirs)
        assert "table shop.log" not in keys(theirs)
        with pytest.raises(LiveError, match="--owner nobody: the database has no such role"):
            shop.verified(target, owner="nobody")


def test_an_owner_whose_name_stands_in_every_text(shop):
    """Roles are told apart by their numbers: nothing is replaced in a body, a name or a default."""
    with shop.copy() as target:
        shop.run(
            'CREATE ROLE "S"; CREATE ROLE "own\'er; -- ""x"; GRANT ALL ON DATABASE copied TO "S"; '
            'REASSIGN OWNED BY keeper TO "S"',
            who="",
        )
        try:
            seen = shop.verified(target)
            left = {f"default privileges for {one} in shop on tables" for one in ("keeper", "owner")}
            assert (seen.live.owner, keys(seen)) == ("S", left), as_text(seen)  # those are not reassigned
            shop.run('ALTER VIEW shop.cheap OWNER TO "own\'er; -- ""x"', who="")
            applied(shop, as_script(shop.verified(target)), "")
            assert keys(shop.verified(target, sql=False)) == set()
        finally:
            shop.run('REASSIGN OWNED BY "S" TO keeper; DROP OWNED BY "S", "own\'er; -- ""x"', who="")
            shop.run('DROP ROLE "S", "own\'er; -- ""x"', who="")


def test_an_empty_database_belongs_to_its_owner(shop):
    with shop.server.login() as admin:
        admin.execute("CREATE DATABASE copied OWNER looker")
    try:
        seen = shop.verified()
        assert (seen.live.owner, "schema shop" in keys(seen)) == ("looker", True)
        shop.run("ALTER DATABASE copied OWNER TO keeper", who="")
        script = as_script(shop.verified(owner="keeper"))
        assert "NOT written" not in script
        applied(shop, script)
        assert keys(shop.verified(sql=False)) == set(), "a whole schema is made of it"
    finally:
        with shop.server.login() as admin:
            admin.execute("DROP DATABASE copied")


def test_public_may_belong_to_the_owner_by_name(shop):
    with shop.copy() as target:
        shop.run("ALTER SCHEMA public OWNER TO keeper", who="")
        assert keys(shop.verified(target)) == set()
        shop.run("GRANT CREATE ON SCHEMA public TO PUBLIC")
        assert keys(shop.verified(target)) == {"privileges schema public"}


def test_a_role_that_is_not_there_is_not_granted_to(shop):
    with shop.copy() as target:
        shop.run("REVOKE SELECT ON shop.item FROM reader")
        seen = shop.verified(target)
        without = seen.live.roles - {"reader"}
        (one,) = repairs(seen.drift, shop.replay, replace(seen.live, roles=without))
        assert (one.sql, one.why) == ("", "the database has no role reader")


def test_what_a_superuser_replayed_is_the_owner_s_too():
    sql = (
        "CREATE FOREIGN DATA WRAPPER fdw; CREATE SERVER srv FOREIGN DATA WRAPPER fdw; CREATE ROLE app LOGIN PASSWORD 'a';\n"
        "CREATE USER MAPPING FOR app SERVER srv OPTIONS (password 'secret');\n"
        "CREATE TABLE t (id int); GRANT SELECT ON t TO PUBLIC; CREATE VIEW v AS SELECT id FROM t;\n"
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1 /* OWNER postgres */';\n"
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;\n"
    )
    with choice_of(18).offer.start() as server:
        replay = replayed(server, sql, role="superuser", queries=(STATEMENTS,))
        with server.login() as admin:
            admin.execute("CREATE ROLE keeper SUPERUSER; CREATE ROLE looker LOGIN PASSWORD 'looks'")
            admin.execute("CREATE DATABASE copied OWNER keeper")
        with server.login("copied") as admin:
            admin.execute("SET SESSION AUTHORIZATION keeper")
            admin.execute(sql)
        replay = replace(replay, schema=as_owned(replay.schema, "postgres"))
        shop = Shop(server, replay)
        looking = shop.verified(shop.target(user="looker", password="looks"))
        assert (looking.live.owner, keys(looking)) == ("keeper", set()), as_text(looking)
        assert looking.drift.notes == ("the options of user mapping srv for app cannot be seen by looker",)
        assert "secret" not in as_text(looking)
        assert keys(shop.verified()) == set()


# What is left out


def test_what_the_platform_owns_is_left_out_by_a_list(shop):
    with shop.copy() as target:
        shop.run(
            "CREATE SCHEMA auth; CREATE TABLE auth.user (id int PRIMARY KEY); CREATE FUNCTION auth.f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
            "CREATE SCHEMA ctb_ledger; CREATE TABLE ctb_ledger.applied (file text); COMMENT ON TABLE auth.user IS 'x';"
            "CREATE TABLE public.of_stranger (id int); ALTER TABLE public.of_stranger OWNER TO stranger;"
            "GRANT SELECT ON shop.item TO stranger; CREATE EXTENSION hstore;"
            "ALTER DEFAULT PRIVILEGES FOR ROLE stranger GRANT SELECT ON TABLES TO reader; CREATE VIEW shop.of_platform AS SELECT 1",
            who="",
        )
        lines = ["", "# ours to leave alone", "schema auth", "role strang*", "extension hstore", "view shop.of_*"]
        seen = shop.verified(target, lines=lines)
        assert (keys(seen), seen.drift.notes) == (set(), ()), as_text(seen)
        assert "ctb_ledger" not in as_text(shop.verified(target))
        assert {"schema auth", "table auth.user", "extension hstore"} <= keys(shop.verified(target, lines=["role x"]))
        notes = shop.verified(target, lines=[*lines, "schema auht"]).drift.notes
        assert notes == ("ctb_verify_ignore: `schema auht` leaves nothing out",)


def test_a_pattern_reaches_no_further_than_it_says(shop):
    with shop.copy() as target:
        shop.run("CREATE SCHEMA authors; CREATE TABLE authors.a (id int); CREATE TABLE shop.auth (id int)")
        assert keys(shop.verified(target, lines=["schema auth"])) == {
            "schema authors",
            "table authors.a",
            "table shop.auth",
        }


@pytest.mark.parametrize("line", ["auth", "schemas auth", "schema", "table  ", "extension"])
def test_a_line_that_names_no_kind(line):
    with pytest.raises(ConfigError, match=r"ctb_verify_ignore: .* say a kind of object and a name, as `schema auth`"):
        parse_ignored([line])


# What is no drift


def test_the_order_of_columns_and_the_version_of_an_extension_are_notes(shop):
    with shop.copy() as target:
        shop.run("ALTER TABLE shop.log ADD at_2 date; UPDATE shop.log SET at_2 = at")
        shop.run("UPDATE pg_extension SET extversion = '1.0' WHERE extname = 'pg_trgm'", who="")
        shop.run(
            'ALTER TABLE "Odd Shop"."My.Table" DROP "select"; ALTER TABLE "Odd Shop"."My.Table" ADD "select" text DEFAULT \'it\'\'s\';'
            'CREATE INDEX "Odd Index" ON "Odd Shop"."My.Table" ("select")'
        )
        shop.run("ALTER TABLE shop.log DROP at_2; ALTER TABLE shop.sale ADD x int; ALTER TABLE shop.sale DROP x")
        seen = shop.verified(target)
        assert keys(seen) == set(), as_text(seen)
        assert seen.drift.notes == ("extension pg_trgm has version 1.0, replayed was 1.6",)


def test_equal_text_that_two_versions_print_otherwise():
    assert equivalent("CREATE VIEW v AS SELECT t.a FROM t", "CREATE VIEW v AS SELECT a FROM t", qualified=False)
    assert not equivalent("CREATE VIEW v AS SELECT t.a FROM t", "CREATE VIEW v AS SELECT a FROM t")
    assert not equivalent("CREATE VIEW v AS SELECT t.a FROM t", "CREATE VIEW v AS SELECT b FROM t", qualified=False)
    assert not equivalent(
        "CREATE VIEW v AS SELECT t.a FROM t, u", "CREATE VIEW v AS SELECT u.a FROM t, u", qualified=False
    )


def test_names_that_would_end_a_comment_of_the_script(shop):
    with shop.copy() as target:
        shop.run(
            "CREATE TABLE shop.\"a\n; DROP TABLE shop.item CASCADE; --\" (id int); COMMENT ON TABLE shop.item IS E'x\\n; SELECT 1/0;'"
        )
        applied(shop, as_script(shop.verified(target)))
        assert keys(shop.verified(target)) == set()


# How it reads


def test_it_can_neither_write_nor_block(shop):
    target = shop.target("clean", user="looker", password="looks")
    with target.connect() as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        seen = observe_and(
            connection, "SELECT current_setting('transaction_read_only'), current_setting('transaction_isolation')"
        )
        assert seen == [("on", "repeatable read")]
        locks = observe_and(
            connection, "SELECT DISTINCT mode FROM pg_locks WHERE pid = pg_backend_pid() AND locktype <> 'virtualxid'"
        )
        assert locks == [("AccessShareLock",)]


def observe_and(connection, query):
    """What a query tells behind the reading, in its transaction."""
    with connection.transaction(force_rollback=True):
        connection.execute(observing._OPEN)
        observing._read(connection, parse_ignored([]), "", statements=True)
        return connection.execute(query).fetchall()


def test_a_lock_of_others_ends_the_wait_and_a_lost_connection_is_told(shop, monkeypatch):
    monkeypatch.setattr(observing, "_OPEN", observing._OPEN.replace("'5s'", "'100ms'"))
    with shop.copy() as target, shop.server.login("copied") as other, other.transaction(force_rollback=True):
        other.execute("LOCK TABLE shop.item IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LiveError, match="it took too long, so nothing was compared; somebody may hold a lock"):
            read_live(target, parse_ignored([]))
        monkeypatch.setattr(observing, "_OPEN", observing._OPEN.replace("'100ms'", "'60s'"))
        stop = threading.Thread(target=terminate, args=[shop.server])
        stop.start()
        with pytest.raises(LiveError, match=r"/copied|:5432/copied: the connection was lost while it was read"):
            read_live(target, parse_ignored([]))
        stop.join()


def terminate(server):
    query = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name = 'ctb verify' AND wait_event_type = 'Lock'"
    )
    with server.login() as admin:
        wait_until(lambda: admin.execute(query).fetchone()[0], "verify waits for the lock")


def test_catalogs_that_may_not_be_read_are_told(shop):
    with shop.copy():
        shop.run("REVOKE SELECT ON pg_catalog.pg_proc FROM PUBLIC", who="")
        with pytest.raises(
            LiveError, match="the role looker may not read the catalogs: permission denied for table pg_proc"
        ):
            read_live(shop.target(user="looker", password="looks"), parse_ignored([]))


# The command


@pytest.fixture
def run(capsys):
    """Run the command; gives what it ended with, and what it said on each stream."""

    def done(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["verify", *arguments])
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return done


def url(shop, *, user="keeper", password="keeps", database="copied"):
    return f"postgresql://{user}:{quote(password)}@/{database}?host={quote(shop.server.admin['host'])}"


@pytest.fixture(scope="module")
def guide(shop):
    """A live database that this repository's migrations made, each by psql as another owner than who replays."""
    with shop.server.login() as admin:
        admin.execute("CREATE DATABASE guide OWNER keeper")
    for migration in find(ROOT).repository.migrations:
        line = [PSQL, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", ROOT / migration.path, url(shop, database="guide")]
        subprocess.run(line, check=True, capture_output=True)
    return url(shop, database="guide", user="looker", password="looks")


def test_this_repository_has_no_drift(guide, run, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("DATABASE_URL", guide)
    code, out, err = run()
    assert (code, err) == (0, ""), out
    assert re.search(r"replayed on 18\.\d+ \(embedded\); the owner is keeper\nno drift: its \d+ objects are what", out)
    assert "looks" not in out


def test_the_report_groups_by_object_and_counts(shop):
    with shop.copy() as target:
        shop.run(
            "CREATE TABLE shop.extra (id int PRIMARY KEY, x text); CREATE INDEX ON shop.extra (x);"
            "ALTER TABLE shop.item ALTER made DROP DEFAULT; DROP INDEX shop.item_made_idx;"
            "COMMENT ON COLUMN shop.item.price IS 'in cents'; ALTER FUNCTION shop.touch SECURITY DEFINER"
        )
        text = as_text(shop.verified(target))
    assert (
        text.partition("\n")[2]
        == """
table shop.extra: not in the migrations (with 2 columns, 1 constraint, 1 index, 1 privileges)

table shop.item
  column made
    - timestamp with time zone NOT NULL DEFAULT now()
    + timestamp with time zone NOT NULL
  comment column price
    - in euros
    + in cents
  index shop.item_made_idx: not in the database (with 1 comment)
    - CREATE INDEX item_made_idx ON shop.item USING btree (made)

function shop.touch()
     LANGUAGE plpgsql
  +  SECURITY DEFINER
    AS $function$BEGIN NEW.made := now(); RETURN NEW; END$function$

5 differences in 3 objects: 1 missing, 1 extra, 3 changed (- what the migrations say, + what the database has)"""
    )


FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "database", "owner", "postgres", "drift", "summary", "notes"],
    "properties": {
        "version": {"const": 1},
        "database": {"type": "string"},
        "owner": {"type": "string"},
        "postgres": {"type": "object", "required": ["database", "replay"], "additionalProperties": {"type": "string"}},
        "drift": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["kind", "name", "of", "change", "migrations", "database"],
                "properties": {
                    "kind": {"type": "string"},
                    "name": {"type": "string"},
                    "of": {"type": ["string", "null"]},
                    "change": {"enum": ["missing", "extra", "changed"]},
                    "migrations": {"type": ["string", "null"]},
                    "database": {"type": ["string", "null"]},
                },
            },
        },
        "summary": {
            "type": "object",
            "required": ["missing", "extra", "changed"],
            "additionalProperties": {"type": "integer"},
        },
        "notes": {"type": "array", "items": {"type": "string"}},
        "sql": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["kind", "name", "statement", "safe", "why"],
                "properties": {
                    "kind": {"type": "string"},
                    "name": {"type": "string"},
                    "statement": {"type": ["string", "null"]},
                    "safe": {"type": "boolean"},
                    "why": {"type": ["string", "null"]},
                },
            },
        },
    },
}


@pytest.mark.usefixtures("guide")
def test_the_command_tells_drift_as_text_json_and_sql(shop, run, monkeypatch):
    with shop.copy(of="guide"):
        shop.run("ALTER TABLE company.master ALTER updated_at DROP DEFAULT; CREATE TABLE company.extra (id int)")
        where = url(shop)
        monkeypatch.chdir(ROOT)
        monkeypatch.delenv("DATABASE_URL", raising=False)
        code, out, err = run("--database-url", where)
        assert (code, err) == (1, "")
        assert "table company.extra: not in the migrations (with 1 column)" in out
        assert "2 differences in 2 objects: 0 missing, 1 extra, 1 changed" in out
        code, out, _ = run("--database-url", where, "--json", "--sql")
        document = json.loads(out)
        jsonschema.validate(document, FORM)
        assert (code, document["summary"]) == (1, {"missing": 0, "extra": 1, "changed": 1})
        assert [one["statement"] for one in document["sql"]] == [
            "ALTER TABLE company.master ALTER COLUMN updated_at SET DEFAULT now();",
            "DROP TABLE company.extra;",
        ]
        assert [(one["safe"], one["why"]) for one in document["sql"]] == [(True, None), (False, "its rows are lost")]
        applied(shop, "\n".join(one["statement"] for one in document["sql"]))
        code, script, _ = run("--database-url", where, "--sql")
        assert (code, script) == (
            0,
            "-- keeper@" + shop.server.admin["host"] + ":5432/copied: there is nothing to do\n",
        )
        assert "keeps" not in out


def test_what_cannot_be_told_ends_with_2_and_no_password(guide, shop, run, monkeypatch, tmp_path):
    sample.write(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    told = [
        (url(shop, password="wr0ng"), "password authentication failed"),
        (url(shop, database="nowhere"), 'database "nowhere" does not exist'),
        (url(shop, user="nobody"), 'password authentication failed for user "nobody"'),
        ("postgresql://keeper:wr0ng@127.0.0.1:1/shop", "keeper@127.0.0.1:1/shop: cannot be reached"),
        ("shop://keeper:wr0ng@there/shop", "--database-url: not a connection string that libpq understands"),
        ("", "which database? Say --database-url postgresql://user@host:5432/name, or set DATABASE_URL"),
    ]
    for where, said in told:
        code, out, err = run(*(["--database-url", where] if where else []))
        assert (code, out) == (2, "")
        assert said in err
        assert len(err.strip().splitlines()) <= 2
        assert "wr0ng" not in err
        assert "keeps" not in err
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\nctb_verify_ignore =\n    schemas auth\n")
    assert "ctb_verify_ignore: 'schemas auth': say a kind of object and a name" in run("--database-url", guide)[2]
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    sample.change(tmp_path, sample.SECOND, "shop.item", "shop.items")
    code, _, err = run("--database-url", guide)
    assert (code, "shop.items" in err, "does not apply" in err) == (2, True, True)


def test_the_list_stands_in_the_ini_file(shop, run, monkeypatch, tmp_path):
    sample.write(tmp_path)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nctb_postgres = embedded\nctb_verify_ignore =\n    schema auth\n    role looker\n"
    )
    monkeypatch.chdir(tmp_path)
    with shop.server.login() as admin:
        admin.execute("CREATE DATABASE copied OWNER keeper")
    try:
        for one in sample.FIRST, sample.SECOND:
            shop.run((tmp_path / one).read_text(encoding="utf-8"))
        shop.run("CREATE SCHEMA auth; CREATE TABLE auth.a (id int); GRANT SELECT ON shop.item TO looker")
        assert (run("--database-url", url(shop))[0], os.environ.get("DATABASE_URL")) == (0, None)
        shop.run("CREATE SCHEMA other")
        assert "schema other: not in the migrations" in run("--database-url", url(shop))[1]
    finally:
        with shop.server.login() as admin:
            admin.execute("DROP DATABASE copied WITH (FORCE)")


def test_who_stops_it_is_not_told_of_drift(shop, monkeypatch, tmp_path):
    sample.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    program = Path(sys.executable).with_name("ctb")
    with shop.copy(), shop.server.login("copied") as other, other.transaction(force_rollback=True):
        other.execute("LOCK TABLE shop.item IN ACCESS EXCLUSIVE MODE")
        # A shell starts what it puts into the background with SIGINT ignored, and so would all below it.
        line = ["env", "--default-signal=INT", program, "verify", "--database-url", url(shop)]
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            with shop.server.login() as admin:
                query = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ctb verify' AND wait_event_type = 'Lock'"
                wait_until(lambda: admin.execute(query).fetchone()[0], "verify waits for the lock")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        assert (process.returncode, out, err) == (2, "", "ctb: stopped before anything was compared\n")
