"""`ctb apply` records only what is there: the schema is held against what the ledger says, before a run and behind each file."""

from __future__ import annotations

import json

import pytest

from livedb import write
from machine import choice_of

UNCHECKED = ("--no-check", "a test")
A = "migrations/2025-01-01_create_a.sql"
B = "migrations/2025-01-02_create_b.sql"
CREATE_A = "BEGIN;\nCREATE TABLE IF NOT EXISTS public.a (id bigint PRIMARY KEY, name text);\nCOMMIT;\n\n-- Rollback:\n-- DROP TABLE a;\n"
CREATE_B = "BEGIN;\nCREATE TABLE IF NOT EXISTS public.b (id bigint);\nCOMMIT;\n\n-- Rollback:\n-- DROP TABLE b;\n"


@pytest.fixture(scope="module", params=[15, 18])
def server(request):
    """A server of each major version."""
    with choice_of(request.param).offer.start() as started:
        yield started


@pytest.fixture
def team(tmp_path):
    write(tmp_path, {"2025-01-01_create_a.sql": CREATE_A, "2025-01-02_create_b.sql": CREATE_B})
    return tmp_path


def ini(team, *lines: str) -> None:
    (team / "pytest.ini").write_text("\n".join(["[pytest]", "ctb_postgres = embedded", *lines, ""]))


# Without a ledger


@pytest.mark.parametrize(
    ("by_hand", "told"),
    [
        ("CREATE TABLE public.a (id text)", "table public.a is there"),
        ("CREATE VIEW public.a AS SELECT 1 AS id", "view public.a is there"),
        ("CREATE SEQUENCE public.a", "sequence public.a is there"),
        ("CREATE TYPE public.mood AS ENUM ('fine')", "type public.mood is there"),
        ("CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "function public.f() is there"),
        ("CREATE SCHEMA shop CREATE TABLE item ()", "table shop.item is there"),
        ("CREATE DOMAIN public.name AS text", "type public.name is there"),
        ('CREATE TABLE "odd.name" ()', "table public.odd.name is there"),
    ],
)
def test_what_is_there_and_no_file_made_is_refused(team, live, ctb, by_hand, told):
    live.do(by_hand)
    for arguments in (("apply", *UNCHECKED), ("apply", "--dry-run"), ("status",)):
        code, said = ctb(team, live, *arguments)
        assert (code, told in said, "--adopt" in said) == (1, True, True), said
    assert live.ask("SELECT to_regnamespace('ctb_ledger')") == [(None,)]
    assert live.ask("SELECT to_regclass('public.b')") == [(None,)]


@pytest.mark.parametrize(
    "by_platform",
    [
        "SELECT 1",
        "CREATE SCHEMA shop",
        "CREATE EXTENSION plpgsql WITH SCHEMA pg_catalog; COMMENT ON SCHEMA public IS 'ours'; GRANT ALL ON SCHEMA public TO PUBLIC",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO PUBLIC",
        "CREATE PUBLICATION everything FOR ALL TABLES",
        "CREATE FUNCTION pg_catalog.of_the_platform() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER watched ON ddl_command_end EXECUTE FUNCTION pg_catalog.of_the_platform()",
    ],
)
def test_a_fresh_database_is_not_refused(team, live, ctb, by_platform):
    live.do(by_platform.replace("CREATE EXTENSION plpgsql", "CREATE EXTENSION IF NOT EXISTS plpgsql"))
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 0, said
    assert ctb(team, live, "status")[0] == 0
    assert "note:" not in ctb(team, live, "apply")[1]


def test_what_lies_where_the_role_makes_nothing_is_not_looked_at(team, live, ctb):
    """So a platform has its own schemas, and no superuser logs in there."""
    live.do(
        "CREATE ROLE boss_of_live LOGIN PASSWORD 'p'; CREATE SCHEMA auth; CREATE TABLE auth.users (id bigint);"
        f"GRANT CREATE ON DATABASE {live.name} TO boss_of_live; GRANT CREATE ON SCHEMA public TO boss_of_live; GRANT USAGE ON SCHEMA auth TO boss_of_live"
    )
    boss = live.url(user="boss_of_live", password="p")
    code, said = ctb(team, boss, "apply", *UNCHECKED)
    live.do("ALTER TABLE auth.users ADD COLUMN name text; CREATE TABLE auth.sessions ()")
    again, more = ctb(team, boss, "apply", *UNCHECKED)
    live.do("DROP OWNED BY boss_of_live; DROP ROLE boss_of_live")
    assert (code, again) == (0, 0), said + more
    assert "auth" not in said + more


def test_two_roles_that_take_turns_do_not_miss_what_one_of_them_cannot_see(team, live, ctb):
    live.do("CREATE SCHEMA auth CREATE TABLE users (id bigint); CREATE ROLE boss_of_live LOGIN PASSWORD 'p'")
    assert ctb(team, live, "apply", "--adopt")[0] == 0
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    live.do(
        "GRANT ALL ON SCHEMA public, ctb_ledger TO boss_of_live; GRANT ALL ON ALL TABLES IN SCHEMA ctb_ledger TO boss_of_live"
    )
    for number, url in (
        (3, live.url(user="boss_of_live", password="p")),
        (4, live.url()),
        (5, live.url(user="boss_of_live", password="p")),
    ):
        write(team, {f"2025-01-0{number}_create.sql": f"CREATE TABLE IF NOT EXISTS public.t{number} (id int);\n"})
        code, said = ctb(team, url, "apply", *UNCHECKED)
        assert (code, "auth" in said) == (0, False), said
    live.do("DROP OWNED BY boss_of_live; DROP ROLE boss_of_live")


def test_what_another_role_has_made_by_hand_is_seen_all_the_same(team, live, ctb):
    live.do(
        "CREATE ROLE boss_of_live LOGIN PASSWORD 'p'; CREATE TABLE public.a (id text);"
        f"GRANT CREATE ON DATABASE {live.name} TO boss_of_live; GRANT CREATE ON SCHEMA public TO boss_of_live"
    )
    code, said = ctb(team, live.url(user="boss_of_live", password="p"), "apply", *UNCHECKED)
    live.do("DROP OWNED BY boss_of_live; DROP ROLE boss_of_live")
    assert (code, "table public.a is there" in said) == (1, True), said


def test_what_the_ini_file_and_the_prelude_name_is_left_to_them(team, live, ctb):
    live.do("CREATE SCHEMA other CREATE TABLE thing (); CREATE SCHEMA auth CREATE TABLE users (id bigint, more text)")
    (team / "platform.sql").write_text("CREATE SCHEMA auth;\nCREATE TABLE auth.users (id bigint);\n")
    ini(team, "ctb_verify_ignore = schema other", "ctb_prelude = platform.sql")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 0, said
    live.do("DROP TABLE other.thing; CREATE TABLE other.another (); ALTER TABLE auth.users DROP COLUMN more")
    assert ctb(team, live, "status")[0] == 0
    assert "note:" not in ctb(team, live, "apply", *UNCHECKED)[1]


def test_a_file_may_not_take_for_its_own_what_the_ini_file_leaves_out(team, live, ctb):
    live.do("CREATE TABLE public.a (id text)")
    ini(team, "ctb_verify_ignore = table public.a")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, f"{A}: what it makes is there already" in said) == (1, True), said
    assert "column public.a.id is `text`; the file makes it `bigint NOT NULL`" in said
    assert live.ledger() == {}


# Adopting


def test_after_adopting_a_file_that_would_pass_by_something_else_is_refused(team, live, ctb):
    live.do("CREATE TABLE public.a (id text)")
    code, said = ctb(team, live, "apply", "--adopt")
    assert (code, f"cannot tell  {A}: there: table public.a" in said) == (1, True), said
    assert ctb(team, live, "apply", "--adopt", "--as-pending", A)[0] == 0
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, "column public.a.id is `text`; the file makes it `bigint NOT NULL`" in said) == (1, True), said
    assert live.ledger() == {}
    live.do("DROP TABLE a")
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert live.ledger() == {A: "applied", B: "applied"}


def test_where_no_server_can_be_had_the_name_alone_is_refused(team, live, ctb):
    live.do("CREATE TABLE public.a (id text); CREATE TABLE public.z ()")
    assert ctb(team, live, "apply", "--adopt", "--as-pending", A)[0] == 0
    ini(team)
    (team / "pytest.ini").write_text("[pytest]\nctb_postgres = local\nctb_postgres_version = 9\n")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, f"{A}: what it makes is there already" in said, "table public.a is there" in said) == (1, True, True)
    live.do("DROP TABLE a")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, "note: what the files make was not compared with a replay: " in said) == (0, True), said


def test_what_is_there_just_as_the_file_makes_it_is_in_nobody_s_way(team, live, ctb):
    live.do("CREATE TABLE public.a (id bigint PRIMARY KEY, name text)")
    assert ctb(team, live, "apply", "--adopt", "--as-pending", A)[0] == 0
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 0, said


def test_a_shared_database_is_adopted_once_and_the_others_may_go_on(team, live, ctb):
    live.do("CREATE SCHEMA other CREATE TABLE thing (id int); CREATE TABLE public.theirs (id int)")
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 1
    code, said = ctb(team, live, "apply", "--adopt")
    assert (code, "0 migrations recorded" in said) == (0, True), said
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert code == 0, said
    live.do(
        "ALTER TABLE other.thing ADD COLUMN more int; CREATE TABLE other.new (); ALTER TABLE public.theirs RENAME COLUMN id TO no"
    )
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, "note: table other.new is there" in said) == (0, True), said
    live.do("CREATE TABLE public.new ()")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, "table public.new is there" in said, "other." in said.split("note:")[0]) == (1, True, False), said


def test_what_is_adopted_is_watched_like_what_was_applied(team, live, ctb):
    live.do("CREATE TABLE public.a (id bigint PRIMARY KEY, name text)")
    assert ctb(team, live, "apply", "--adopt")[0] == 0
    assert live.ledger() == {A: "adopted"}
    live.do("ALTER TABLE a DROP COLUMN name")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, "column public.a.name is gone" in said, "--adopt" in said) == (1, True, True), said


# What happened since


DRIFTS = {
    "DROP TABLE a": "table public.a is gone",
    "ALTER TABLE a DROP COLUMN name": "column public.a.name is gone",
    "ALTER TABLE a ALTER COLUMN name TYPE varchar(9)": "column public.a.name is another",
    "ALTER TABLE a ADD COLUMN more int": "column public.a.more is there",
    "ALTER TABLE a RENAME TO z": "table public.z is there",
    "ALTER TABLE a DROP CONSTRAINT a_pkey": "constraint public.a.a_pkey is gone",
    "CREATE TABLE z ()": "table public.z is there",
    "CREATE VIEW z AS SELECT 1 AS one": "view public.z is there",
    "CREATE INDEX z ON a (name)": "index public.z is there",
    "CREATE SCHEMA z CREATE TABLE y ()": "table z.y is there",
    "ALTER TABLE a SET SCHEMA pg_temp": "",
    "CREATE FUNCTION z() RETURNS int LANGUAGE sql AS 'SELECT 1'": "function public.z() is there",
    "CREATE POLICY p ON a USING (true)": "policy public.a.p is there",
    "ALTER TABLE a ENABLE ROW LEVEL SECURITY": "table public.a is another",
}


@pytest.mark.parametrize("change", [one for one in DRIFTS if DRIFTS[one]])
def test_what_was_changed_by_hand_is_refused_until_a_person_adopts_it(team, live, ctb, change):
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    live.do(change)
    write(team, {"2025-01-03_create_c.sql": "BEGIN;\nCREATE TABLE IF NOT EXISTS c (id int);\nCOMMIT;\n"})
    told = DRIFTS[change]
    for arguments in (("apply", *UNCHECKED), ("apply", "--dry-run"), ("status",)):
        code, said = ctb(team, live, *arguments)
        assert (code, told in said, "--adopt" in said) == (1, True, True), said
    assert live.ask("SELECT to_regclass('c')") == [(None,)]
    code, said = ctb(team, live, "apply", "--adopt")
    assert (code, told in said) == (0, True), said
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert ctb(team, live, "status")[0] == 0


def test_it_is_refused_also_where_nothing_is_pending(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    live.do("DROP TABLE b")
    for arguments in (("apply",), ("status",)):
        code, said = ctb(team, live, *arguments)
        assert (code, "table public.b is gone" in said) == (1, True), said
    code, said = ctb(team, live, "rollback", B, "--yes", *UNCHECKED)
    assert (code, "table public.b is gone" in said) == (2, True), said


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO a VALUES (1, 'x'); ANALYZE a",
        "GRANT SELECT ON a TO PUBLIC",
        "COMMENT ON TABLE a IS 'told'",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
        "CREATE PUBLICATION p FOR TABLE a",
        "CREATE ROLE keeper_of_live; ALTER TABLE a OWNER TO keeper_of_live",
        "CREATE TABLE part PARTITION OF parts FOR VALUES FROM (0) TO (9)",
        "CREATE TABLE part2 (LIKE parts); ALTER TABLE parts ATTACH PARTITION part2 FOR VALUES FROM (10) TO (19); CREATE INDEX ON part2 (id)",
        "REFRESH MATERIALIZED VIEW counted",
        "CREATE TABLE pg_temp.mine ()",
        "CREATE SCHEMA empty_one",
        "SELECT nextval('numbers')",
        "REINDEX TABLE a",
        "VACUUM",
        "ALTER DATABASE {} SET DateStyle = 'German'",
        "ALTER DATABASE {} SET quote_all_identifiers = on",
        "ALTER DATABASE {} SET TimeZone = 'Asia/Kolkata'",
        "ALTER DATABASE {} SET extra_float_digits = -5",
    ],
)
def test_what_stands_in_no_file_s_way_is_noted_at_most(team, live, ctb, change):
    more = (
        "CREATE TABLE parts (id int, at timestamptz DEFAULT '2025-01-01 00:00+00', f float8 DEFAULT 0.1) PARTITION BY RANGE (id);\n"
        "CREATE MATERIALIZED VIEW counted AS SELECT count(*) FROM a WITH NO DATA;\nCREATE SEQUENCE numbers;\n"
    )
    write(team, {"2025-01-03_more.sql": more})
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    for one in change.format(live.name).split("; "):
        live.do(one)
    write(team, {"2025-01-04_create_c.sql": "CREATE TABLE IF NOT EXISTS c (id int);\n"})
    code, said = ctb(team, live, "apply", *UNCHECKED)
    again, nothing = ctb(team, live, "apply", *UNCHECKED)
    if "keeper" in change:
        live.do("REASSIGN OWNED BY keeper_of_live TO postgres; DROP ROLE keeper_of_live")
    assert (code, again, "note:" in nothing) == (0, 0, False), said + nothing


def test_a_note_says_what_it_is(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    live.do("GRANT SELECT ON a TO PUBLIC")
    assert ctb(team, live, "apply", *UNCHECKED) == (0, ctb(team, live, "apply", *UNCHECKED)[1])
    assert "note: privileges table public.a is there" in ctb(team, live, "status")[1]
    assert json.loads(ctb(team, live, "status", "--json")[1].rpartition("}")[0] + "}")["drift"] == [
        "privileges table public.a is there"
    ]


# Behind each file


def test_a_file_that_has_made_something_else_than_it_should_is_not_applied(team, live, ctb):
    """What the file finds in the database decides what it makes; the replay knows what it should be."""
    live.do("CREATE SCHEMA other CREATE TABLE flag ()")
    ctb(team, live, "apply", "--adopt")
    sql = "DO $$ BEGIN IF to_regclass('other.flag') IS NULL THEN CREATE TABLE c (id bigint); ELSE CREATE TABLE c (id text); END IF; END $$;\n"
    write(team, {"2025-01-03_create_c.sql": sql, "2025-01-04_create_d.sql": "CREATE TABLE d ();\n"})
    code, said = ctb(team, live, "apply", *UNCHECKED)
    c = "migrations/2025-01-03_create_c.sql"
    assert (code, "column public.c.id is `text`; the file makes it `bigint`" in said) == (1, True), said
    assert live.ledger() == {A: "applied", B: "applied", c: "failed"}
    assert live.ask("SELECT to_regclass('d')") == [(None,)]
    assert "undecided" in (told := ctb(team, live, "status")[1]), told
    assert f"--as-applied {c}" in told
    assert ctb(team, live, "apply", "--adopt", "--as-applied", c)[0] == 0
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0


def test_where_the_suite_has_run_each_file_is_compared_too(tmp_path, live, ctb):
    sql = (
        "BEGIN;\nDO $$ BEGIN IF current_setting('app.kind', true) = 'x' THEN CREATE TABLE IF NOT EXISTS c (id text); "
        "ELSE CREATE TABLE IF NOT EXISTS c (id bigint); END IF; END $$;\nCOMMIT;\n\n-- Rollback:\n-- BEGIN;\n-- DROP TABLE IF EXISTS c;\n-- COMMIT;\n"
    )
    write(tmp_path, {"2025-01-01_create_c.sql": sql})
    live.do(f"ALTER DATABASE {live.name} SET app.kind = 'x'")
    ini(tmp_path, "ctb_rules = postgres")
    code, said = ctb(tmp_path, live, "apply")
    assert (code, "column public.c.id is `text`; the file makes it `bigint`" in said) == (1, True), said
    live.do(f"DROP TABLE c; ALTER DATABASE {live.name} RESET app.kind")
    assert ctb(tmp_path, live, "apply", "--adopt", "--as-pending", "migrations/2025-01-01_create_c.sql")[0] == 0
    assert ctb(tmp_path, live, "apply")[0] == 0


# A run that was broken off


def test_behind_a_run_that_was_killed_nothing_is_refused_and_that_is_said(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    live.do(
        "UPDATE ctb_ledger.migrations SET state = 'applying', ended = NULL WHERE number = 2;"
        "INSERT INTO ctb_ledger.events (at, file, state, sha256, role, person, tool, detail) SELECT at, file, 'applying', sha256, role, person, tool, '' FROM ctb_ledger.events ORDER BY id DESC LIMIT 1"
    )
    live.do("CREATE TABLE z ()")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    assert (code, "note: the last run was broken off" in said) == (0, True), said
    live.do("DROP TABLE z")
    assert "table public.z is gone" in ctb(team, live, "apply", *UNCHECKED)[1]


def test_another_server_s_words_are_not_compared_but_what_is_there_is(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    live.do("UPDATE ctb_ledger.schema SET words = 'of another version', objects = replace(objects, 'bigint', 'int8')")
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    live.do("DROP TABLE b")
    assert "table public.b is gone" in ctb(team, live, "apply", *UNCHECKED)[1]


# Which database, which ledger


def test_a_template_is_refused(team, live, ctb):
    template = live.url().replace(live.name, "template1")
    for arguments in (("apply", *UNCHECKED), ("apply", "--dry-run"), ("apply", "--adopt"), ("status",)):
        code, said = ctb(team, template, *arguments)
        assert (code, "this is a template" in said) == (2, True), said
    live.do(f"ALTER DATABASE {live.name} IS_TEMPLATE true")
    code, said = ctb(team, live, "apply", *UNCHECKED)
    live.do(f"ALTER DATABASE {live.name} IS_TEMPLATE false")
    assert (code, "this is a template" in said) == (2, True), said


def test_another_project_s_ledger_is_refused(team, live, ctb, tmp_path_factory):
    ctb(team, live, "apply", *UNCHECKED)
    other = tmp_path_factory.mktemp("other")
    write(other, {"2025-02-01_create_mine.sql": "CREATE TABLE mine ();\n"})
    for arguments in (("apply", *UNCHECKED), ("apply", "--dry-run"), ("status",)):
        code, said = ctb(other, live, *arguments)
        assert (code, "the ledger of other migrations: none of its 2 files is here" in said) == (1, True), said
    assert live.ask("SELECT to_regclass('mine')") == [(None,)]


def test_files_that_were_put_together_into_one_are_taken_over(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    (team / A).unlink(), (team / B).unlink()
    write(
        team,
        {"2025-02-01_create_all.sql": CREATE_A.replace("COMMIT", "CREATE TABLE IF NOT EXISTS b (id bigint);\nCOMMIT")},
    )
    whole = "migrations/2025-02-01_create_all.sql"
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 1
    assert ctb(team, live, "apply", "--adopt", "--as-applied", whole)[0] == 0
    write(team, {"2025-02-02_create_c.sql": "CREATE TABLE c ();\n"})
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0


@pytest.mark.parametrize(
    ("edit", "code", "told"),
    [
        ("DELETE FROM ctb_ledger.migrations", 2, f"ctb_ledger.events says of {A} and 1 more files `applied`"),
        (f"DELETE FROM ctb_ledger.migrations WHERE file = '{B}'", 2, f"ctb_ledger.events says of {B} `applied`"),
        ("DELETE FROM ctb_ledger.migrations; DELETE FROM ctb_ledger.events", 2, "ctb_ledger.events ends with number 0"),
        ("DROP SCHEMA ctb_ledger CASCADE", 1, "table public.a is there"),
        ("DROP TABLE ctb_ledger.events", 2, 'relation "ctb_ledger.events" does not exist'),
    ],
)
def test_an_emptied_ledger_is_not_taken_for_a_new_one(team, live, ctb, edit, code, told):
    ctb(team, live, "apply", *UNCHECKED)
    live.do(edit)
    for arguments in (("apply", *UNCHECKED), ("status",)):
        ended, said = ctb(team, live, *arguments)
        assert (ended, told in said) == (code, True), said


def test_a_ledger_of_before_is_taken_as_it_is(team, live, ctb):
    """Written by a version that put down no schema."""
    ctb(team, live, "apply", *UNCHECKED)
    live.do("DROP TABLE ctb_ledger.schema")
    write(team, {"2025-01-03_create_c.sql": "CREATE TABLE IF NOT EXISTS c (id int);\n"})
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    live.do("DROP TABLE c")
    assert "table public.c is gone" in ctb(team, live, "apply", *UNCHECKED)[1]
