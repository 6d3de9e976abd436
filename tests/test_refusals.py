"""What tables refused is remembered: it is not offered again, and nothing that is seen is another for that."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from machine import kinds_of_server, replayed, server_of
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.generated_rows import generate_rows
from pytest_ctb.replay.witness.witness import install
from pytest_ctb.sql import ExpectedRows
from wire import Wire


class Place:
    """A database behind a wire that hears what is said to it, and what its tables take."""

    def __init__(self, session, wire):
        self.session = session
        self.wire = wire

    def make(self, sql):
        """Run some SQL."""
        self.session.connection.execute(sql)

    def fill(self, tables, constants=(), **options):
        """In a transaction that is undone: the rows of all tables then, why some have none, and the INSERTs sent."""
        oids = [
            self.session.connection.execute(f"SELECT '{table}'::regclass::oid::bigint").fetchone()[0]
            for table in tables
        ]
        with self.session.undone() as connection:
            heard = len(self.wire.heard)
            generated = generate_rows(self.session, oids, constants, ExpectedRows(), **options)
            sent = [text for text in self.wire.heard[heard:] if "INSERT INTO" in text]
            contents = {table: sorted(map(str, connection.execute(f"SELECT * FROM {table}"))) for table in tables}
        named = {generated.names[oid]: why for oid, why in generated.unfilled.items()}
        return (contents, named, generated.samples, [*generated.rows.values()]), sent

    def fill_afresh(self, tables, constants=(), **options):
        """The same as if nothing had been filled before."""
        self.session.refusals.clear()
        return self.fill(tables, constants, **options)


@pytest.fixture(scope="module", params=kinds_of_server())
def home(request):
    """One database for all tests, on each kind of server."""
    with server_of(request.param) as server, tempfile.TemporaryDirectory(dir="/tmp") as folder:
        wire = Wire(Path(folder), f"{server.admin['host']}/.s.PGSQL.5432")
        tapped = replace(server, admin={**server.admin, "host": folder, "port": "5432"})
        with migrating_role(tapped, "owner") as role, database(tapped, "refusals", role) as name:
            if server.superuser:
                with server.login(name) as admin:
                    install(admin, "key")
            with Session(tapped, name, role, 10, witnessed=True) as session:
                yield session, wire
        wire.close()


@pytest.fixture
def place(home):
    session, wire = home
    session.connection.execute("DROP SCHEMA IF EXISTS made CASCADE; CREATE SCHEMA made; SET search_path = made")
    session.refusals.clear()
    yield Place(session, wire)
    session.connection.execute("DROP SCHEMA made CASCADE; RESET search_path")


REFUSING = {
    "a CHECK that takes other values": "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL CHECK (n BETWEEN 100 AND 105))",
    "a CHECK that takes none": "CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL CHECK (n > 5 AND n < 5))",
    "a CHECK of two columns": "CREATE TABLE t (a date NOT NULL, b date NOT NULL, CHECK (a + 3 = b AND a > '1999-01-01'))",
    "a domain": "CREATE DOMAIN d AS text CHECK (length(VALUE) = 77); CREATE TABLE t (id int PRIMARY KEY, a d NOT NULL)",
    "a key to a table that takes none": (
        "CREATE TABLE t (id int PRIMARY KEY CHECK (id < 3 AND id > 7));"
        "CREATE TABLE u (id int PRIMARY KEY, t_id int NOT NULL REFERENCES t)"
    ),
    "a unique column of few values": "CREATE TABLE t (id int PRIMARY KEY, c char(1) NOT NULL UNIQUE CHECK (c IN ('a', 'b')))",
    "two rows that exclude each other": "CREATE TABLE t (during tsrange NOT NULL CHECK (NOT isempty(during)), EXCLUDE USING gist (during WITH &&))",
    "a document": "CREATE TABLE t (id int PRIMARY KEY, b jsonb NOT NULL CHECK (b ? 'kind' AND b->>'kind' = 'x'))",
    "partitions": (
        "CREATE TABLE t (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);"
        "CREATE TABLE u PARTITION OF t FOR VALUES FROM ('2011-01-01') TO ('2012-01-01')"
    ),
    "an enum": "CREATE TYPE e AS ENUM ('x', 'y'); CREATE TABLE t (id int PRIMARY KEY, k e NOT NULL CHECK (k = 'y'))",
}


@pytest.mark.parametrize("sql", REFUSING.values(), ids=REFUSING)
@pytest.mark.parametrize(
    "options", [{}, {"unusual": False}, {"unusual": False, "most": 1}], ids=["unusual", "ordinary", "one"]
)
def test_what_was_refused_is_not_offered_again(place, sql, options):
    place.make(f"{sql}; CREATE TABLE other (id int PRIMARY KEY)")
    tables = ["t", "u"] if " u " in sql else ["t"]
    first, offered = place.fill(tables, **options)
    again, sent = place.fill(tables, **options)
    assert again == first
    taken = len(first[3])
    assert options or len(offered) > taken, "some rows are refused"
    assert len(sent) == taken, "one statement for each table that takes rows, and none for the others"
    # Beside another table, whose keys come first, the same table has other keys.
    beside, sent = place.fill(["other", *tables], **options)
    assert len(sent) == taken + 1
    assert beside == place.fill_afresh(["other", *tables], **options)[0]


CHANGES = {
    "nothing": ("CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL CHECK (n > 5 AND n < 5))", "SELECT 1"),
    "the CHECK goes": (
        "CREATE TABLE t (n int NOT NULL CONSTRAINT c CHECK (n > 5 AND n < 5))",
        "ALTER TABLE t DROP CONSTRAINT c",
    ),
    "the CHECK is another one of the same name": (
        "CREATE TABLE t (n int NOT NULL CONSTRAINT c CHECK (n > 5 AND n < 5))",
        "ALTER TABLE t DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (n > 5 AND n < 9)",
    ),
    "another CHECK comes": (
        "CREATE TABLE t (n int NOT NULL CHECK (n BETWEEN 100 AND 105))",
        "ALTER TABLE t ADD CHECK (n <> 100) NOT VALID",
    ),
    "a column comes": (
        "CREATE TABLE t (n int NOT NULL CHECK (n BETWEEN 100 AND 105))",
        "ALTER TABLE t ADD COLUMN m text NOT NULL",
    ),
    "a column with a CHECK comes": (
        "CREATE TABLE t (n int NOT NULL CHECK (n BETWEEN 100 AND 105))",
        "ALTER TABLE t ADD COLUMN a text NOT NULL CHECK (a = 'only')",
    ),
    "a column goes": (
        "CREATE TABLE t (m int, n int NOT NULL CHECK (n BETWEEN 100 AND 105))",
        "ALTER TABLE t DROP COLUMN m",
    ),
    "the column is of another type": (
        "CREATE TABLE t (n int NOT NULL CHECK (n BETWEEN 100 AND 105), m int)",
        "ALTER TABLE t ALTER COLUMN n TYPE numeric(9, 2), ALTER COLUMN m TYPE text",
    ),
    "NULL is taken": (
        "CREATE TABLE t (n int NOT NULL CHECK (n > 5 AND n < 5))",
        "ALTER TABLE t ALTER COLUMN n DROP NOT NULL",
    ),
    "NULL is taken no more": (
        "CREATE TABLE t (n int CHECK (n > 5 AND n < 5))",
        "ALTER TABLE t ALTER COLUMN n SET NOT NULL",
    ),
    "the domain takes more": (
        "CREATE DOMAIN d AS int CONSTRAINT c CHECK (VALUE > 5 AND VALUE < 5); CREATE TABLE t (n d NOT NULL)",
        "ALTER DOMAIN d DROP CONSTRAINT c",
    ),
    "the domain below the domain takes more": (
        "CREATE DOMAIN b AS int CONSTRAINT c CHECK (VALUE > 5 AND VALUE < 5); CREATE DOMAIN d AS b; CREATE TABLE t (n d NOT NULL)",
        "ALTER DOMAIN b DROP CONSTRAINT c",
    ),
    "the enum has one more label": (
        "CREATE TYPE e AS ENUM ('x'); CREATE TABLE t (k e NOT NULL CHECK (k::text = 'y'))",
        "ALTER TYPE e ADD VALUE 'y'",
    ),
    "a function of the CHECK": (
        "CREATE FUNCTION f(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n > 5 AND n < 5';"
        "CREATE TABLE t (n int NOT NULL CHECK (f(n)))",
        "CREATE OR REPLACE FUNCTION f(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'",
    ),
    "a function of an operator of the CHECK": (
        "CREATE FUNCTION f(a int, b int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';"
        "CREATE OPERATOR === (FUNCTION = f, LEFTARG = int, RIGHTARG = int); CREATE TABLE t (n int NOT NULL CHECK (n === 3))",
        "CREATE OR REPLACE FUNCTION f(a int, b int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'",
    ),
    "a function of the domain": (
        "CREATE FUNCTION f(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n > 5 AND n < 5';"
        "CREATE DOMAIN d AS int CHECK (f(VALUE)); CREATE TABLE t (n d NOT NULL)",
        "CREATE OR REPLACE FUNCTION f(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'",
    ),
    "a trigger that raises": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE check_violation; END';"
        "CREATE TABLE t (n int NOT NULL); CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    ),
    "a trigger that mends the row comes": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.n = 6; RETURN NEW; END';"
        "CREATE TABLE t (n int NOT NULL CHECK (n % 1000 = 6 AND n < 7))",
        "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "a trigger that is switched off": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE check_violation; END';"
        "CREATE TABLE t (n int NOT NULL); CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE t DISABLE TRIGGER t",
    ),
    "a rule comes": (
        "CREATE TABLE t (n int NOT NULL CHECK (n > 5 AND n < 5))",
        "CREATE RULE r AS ON INSERT TO t DO INSTEAD NOTHING",
    ),
    "a generated column takes more": (
        "CREATE TABLE t (n int NOT NULL, m int GENERATED ALWAYS AS (n / 0) STORED)",
        "ALTER TABLE t DROP COLUMN m, ADD COLUMN m int GENERATED ALWAYS AS (n / 2) STORED",
    ),
    "the other table takes rows now": (
        "CREATE TABLE p (id int PRIMARY KEY CONSTRAINT c CHECK (id > 5 AND id < 5)); CREATE TABLE t (p_id int NOT NULL REFERENCES p)",
        "ALTER TABLE p DROP CONSTRAINT c",
    ),
    "the other table has rows now": (
        "CREATE TABLE p (id int PRIMARY KEY CONSTRAINT c CHECK (id > 5 AND id < 7)); CREATE TABLE t (p_id int NOT NULL UNIQUE REFERENCES p)",
        "INSERT INTO p VALUES (6)",
    ),
    "the key goes": (
        "CREATE TABLE p (id int PRIMARY KEY CHECK (id > 5 AND id < 5)); CREATE TABLE t (p_id int NOT NULL CONSTRAINT k REFERENCES p)",
        "ALTER TABLE t DROP CONSTRAINT k",
    ),
    "a unique index comes": (
        "CREATE TABLE t (n int NOT NULL CHECK (n BETWEEN 4 AND 6))",
        "CREATE UNIQUE INDEX ON t (n)",
    ),
    "a unique index goes": (
        "CREATE TABLE t (n int NOT NULL CHECK (n BETWEEN 4 AND 6)); CREATE UNIQUE INDEX i ON t (n)",
        "DROP INDEX i",
    ),
    "an index that computes something comes": (
        "CREATE TABLE t (n int NOT NULL CHECK (n BETWEEN 0 AND 1))",
        "CREATE INDEX ON t ((1 / (n - 1)))",
    ),
    "a partition comes": (
        "CREATE TABLE t (day date) PARTITION BY RANGE (day); CREATE TABLE u PARTITION OF t FOR VALUES FROM ('2011-01-01') TO ('2011-01-02')",
        "CREATE TABLE v PARTITION OF t DEFAULT",
    ),
    "a partition takes less": (
        "CREATE TABLE t (day date) PARTITION BY RANGE (day); CREATE TABLE u PARTITION OF t FOR VALUES FROM ('2011-01-01') TO ('2012-01-01')",
        "ALTER TABLE u ADD CHECK (day <> '2011-01-01')",
    ),
    "a partition has a trigger": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE check_violation; END';"
        "CREATE TABLE t (day date) PARTITION BY RANGE (day); CREATE TABLE u PARTITION OF t FOR VALUES FROM ('2011-01-01') TO ('2012-01-01')",
        "CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "it is another table": (
        "CREATE TABLE t (n int NOT NULL CHECK (n > 5 AND n < 5))",
        "DROP TABLE t; CREATE TABLE t (n int NOT NULL CHECK (n > 5 AND n < 7))",
    ),
    "it has another name": (
        "CREATE TABLE t (n int NOT NULL CONSTRAINT c CHECK (n > 5 AND n < 7))",
        "ALTER TABLE t RENAME CONSTRAINT c TO d; ALTER TABLE t RENAME n TO m",
    ),
    "it took all, and a trigger refuses some": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.n > 5 THEN RAISE check_violation; END IF; RETURN NEW; END';"
        "CREATE TABLE t (n int NOT NULL)",
        "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "it took all, and a trigger keeps them out": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TABLE t (n int NOT NULL)",
        "CREATE TRIGGER t BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "it took all, and a trigger takes one away": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM made.t WHERE n < 5; RETURN NULL; END';"
        "CREATE TABLE t (n int NOT NULL)",
        "CREATE TRIGGER t AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "a trigger gives the other table other keys": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id = NEW.id / 2 + 7; RETURN NEW; END';"
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p_id int NOT NULL REFERENCES p)",
        "CREATE TRIGGER t BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    "a function of its CHECK refuses what it took": (
        "CREATE FUNCTION f(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true'; CREATE TABLE t (n int NOT NULL CHECK (f(n)))",
        "CREATE OR REPLACE FUNCTION f(n int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT n < 3'",
    ),
    "it took all, and is partitioned now": (
        "CREATE TABLE t (n int NOT NULL)",
        "DROP TABLE t; CREATE TABLE t (n int NOT NULL) PARTITION BY RANGE (n); CREATE TABLE u PARTITION OF t FOR VALUES FROM (0) TO (9)",
    ),
    "it took all, and the other table has rows now": (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p_id int NOT NULL UNIQUE REFERENCES p)",
        "INSERT INTO p VALUES (6), (77)",
    ),
    "it took all, and refers to nothing now": (
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (p_id int NOT NULL CONSTRAINT k REFERENCES p)",
        "ALTER TABLE t DROP CONSTRAINT k",
    ),
}


@pytest.mark.parametrize(("sql", "change"), CHANGES.values(), ids=CHANGES)
def test_what_changes_counts_at_once(place, sql, change):
    """As if nothing had been known: the same rows, the same reasons."""
    place.make(sql)
    kinds = ({}, {"unusual": False}, {"unusual": False, "most": 1})
    for options in kinds:
        place.fill(["t"], ("6",), **options)
    place.make(change)
    known = [place.fill(["t"], ("6",), **options)[0] for options in kinds]
    assert known == [place.fill_afresh(["t"], ("6",), **options)[0] for options in kinds]


def test_what_tables_took_is_put_in_together(place):
    """One message for all of them, and the same rows."""
    place.make(
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int PRIMARY KEY, p_id int NOT NULL REFERENCES p)"
    )
    first, sent = place.fill(["t"])
    again, together = place.fill(["t"])
    assert again == first
    assert [text.count("INSERT INTO") for text in sent] == [1, 1]
    assert [text.count("INSERT INTO") for text in together] == [2]


def test_settings_of_a_login_count(place):
    """A CHECK may ask for one: another login may have another one."""
    place.make("CREATE TABLE t (n int NOT NULL CHECK (n > 5 AND n < 5))")
    place.fill(["t"])
    oid = place.session.connection.execute("SELECT 'made.t'::regclass::oid::bigint").fetchone()[0]
    assert oid in place.session.refusals
    place.session._reconnect()
    assert oid not in place.session.refusals
    place.make("SET search_path = made")


ENDLESS = "LOOP EXIT WHEN NOT EXISTS (SELECT FROM public.t); END LOOP;"
LIMIT = "ran longer than a second and 20 times what the file takes on tables without rows, and was cancelled"


def test_a_trial_has_a_time_of_its_own(server):
    """What ends on no rows and does not on some is told as it is where a trial runs out of the user's time."""
    table = "CREATE TABLE public.t (id int PRIMARY KEY, n int);"
    evidence = replayed(server, table, f"DO $$ BEGIN {ENDLESS} END $$; UPDATE public.t SET n = 1;", timeout=600)
    tried = evidence.files["2.sql"].on_rows
    assert (tried.passed, tried.error.sqlstate, tried.line, tried.unusual) == (False, "57014", 1, None)
    assert tried.error.message == f"the statement {LIMIT}"


def test_a_trial_that_is_slow_on_unusual_rows_alone(server):
    """Ordinary rows show what the file does; that unusual ones keep it busy is no finding."""
    table = "CREATE TABLE public.t (id int PRIMARY KEY, n int);"
    loop = "DO $$ BEGIN LOOP EXIT WHEN NOT EXISTS (SELECT FROM public.t WHERE n > 1000); END LOOP; END $$;"
    tried = replayed(server, table, f"{loop} UPDATE public.t SET n = 1;", timeout=600).files["2.sql"].on_rows
    assert (tried.passed, tried.error, tried.unusual) == (True, None, None)
    assert [loss.what for loss in tried.losses] == ["overwritten"]


def test_rows_and_the_way_back_have_that_time_too(server):
    """A second run, and rollback instructions, that do not end on rows."""
    table = "CREATE TABLE public.t (id int PRIMARY KEY, n int);"
    again = "DO $$ BEGIN IF EXISTS (SELECT FROM public.t WHERE n = -1) THEN LOOP END LOOP; END IF; END $$; UPDATE public.t SET n = -1;"
    back = "UPDATE public.t SET n = -2;\n-- Rollback:\n-- DO $b$ BEGIN " + ENDLESS + " END $b$;\n"
    files = replayed(server, table, again, back, timeout=600).files
    assert files["2.sql"].on_rows.rerun.error.message == f"the statement {LIMIT}"
    assert files["3.sql"].on_rows.rollback.error.message == f"the statement {LIMIT}"


def test_the_limit_of_the_user_is_told_where_it_is_shorter(server):
    table = "CREATE TABLE public.t (id int PRIMARY KEY, n int);"
    tried = replayed(server, table, f"DO $$ BEGIN {ENDLESS} END $$;", timeout=0.5).files["2.sql"].on_rows
    assert tried.error.message == "the statement ran longer than 0.5 s (--ctb-timeout) and was cancelled"
