"""Made-up rows: every table that Postgres lets anybody fill is filled, and of every other one the reason is told."""

from __future__ import annotations

import psycopg
import pytest

from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.generated_rows import generate_rows
from pytest_ctb.replay.witness.witness import install


class Place:
    """An empty database, and what is put into its tables."""

    def __init__(self, session):
        self.session = session

    def make(self, sql):
        """Run some SQL."""
        self.session.connection.execute(sql)

    def rows(self, query):
        """What a query gives."""
        return self.session.connection.execute(query).fetchall()

    @property
    def has_xml(self):
        """Whether this Postgres was built with it."""
        try:
            return bool(self.rows("SELECT '<a/>'::xml::text"))
        except psycopg.errors.FeatureNotSupported:
            return False

    def fill(self, *names, constants=()):
        """Rows by name of the table, and reasons by name; as one transaction, which stays."""
        oids = [self.rows(f"SELECT '{name}'::regclass::oid::bigint")[0][0] for name in names]
        with self.session.connection.transaction():
            seeded = generate_rows(self.session, oids, constants)
        assert set(seeded.names) == {*seeded.rows, *seeded.unfilled}
        return (
            {seeded.names[oid]: count for oid, count in seeded.rows.items()},
            {seeded.names[oid]: why for oid, why in seeded.unfilled.items()},
        )


@pytest.fixture(scope="module")
def home(server):
    """One database for all of these tests, each in a schema of its own."""
    with migrating_role(server, "owner") as role, database(server, "seed", role) as name:
        with server.login(name) as admin:
            install(admin, "key")
        with Session(server, name, role, 10, witnessed=True) as session:
            yield session


@pytest.fixture
def place(home):
    home.connection.execute("CREATE SCHEMA made; SET search_path = made")
    yield Place(home)
    home.connection.execute("DROP SCHEMA made CASCADE; RESET search_path")


TYPES = [
    *("smallint", "integer", "bigint", "numeric", "numeric(4, 2)", "numeric(3, 3)", "numeric(2)", "real"),
    *("double precision", "money", "boolean", "text", "varchar", "varchar(3)", "char(1)", "char(20)", "name", '"char"'),
    *("bytea", "date", "time", "timetz", "timestamp", "timestamptz", "timestamptz(0)", "interval", "uuid", "json"),
    *("jsonb", "xml", "inet", "cidr", "macaddr", "macaddr8", "bit", "bit(5)", "varbit", "varbit(3)", "point", "line"),
    *("lseg", "box", "path", "polygon", "circle", "tsvector", "tsquery", "pg_lsn", "oid", "int4range", "tstzrange"),
    *("nummultirange", "integer[]", "text[]", "numeric(4, 2)[]", "mood", "mood[]", "pair", "positive", "email", "span"),
]
OWN = """
CREATE TYPE mood AS ENUM ('it''s fine', 'bad');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%') NOT NULL;
CREATE TYPE span AS RANGE (subtype = float8);
"""


@pytest.mark.parametrize("type_", TYPES)
def test_each_type(place, type_):
    """Alone and required, and beside others and nullable, where one row has no value."""
    place.make(f"{OWN}CREATE TABLE needed (c {type_} NOT NULL); CREATE TABLE free (c {type_}, d int)")
    rows, unfilled = place.fill("needed", "free")
    if type_ == "xml" and not place.has_xml:
        assert unfilled == {"made.needed": "unsupported XML feature"}
        assert rows == {"made.free": 1}
        return
    assert (rows, unfilled) == ({"made.needed": 4, "made.free": 4}, {})
    values = [value for (value,) in place.rows("SELECT c::text FROM needed")]
    assert None not in values
    nulls = [value for (value,) in place.rows("SELECT c::text FROM free")].count(None)
    assert nulls == (0 if type_ == "email" else 1)


CHECKS = [
    "status text CHECK (status IN ('new', 'done'))",
    "status text NOT NULL CHECK (status = ANY (ARRAY['new'::text, 'done'::text]))",
    "status text NOT NULL CHECK (status = 'only')",
    "n int NOT NULL CHECK (n BETWEEN 1 AND 10)",
    "n int NOT NULL CHECK (n > 100 AND n < 105)",
    "n int NOT NULL CHECK (n % 2 = 0)",
    "n int NOT NULL CHECK (n < 0)",
    "n numeric(3, 2) NOT NULL CHECK (n >= 0 AND n <= 1)",
    "code text NOT NULL CHECK (length(code) = 2)",
    "code text NOT NULL CHECK (char_length(code) <= 5)",
    "code text NOT NULL CHECK (code <> '')",
    "code text NOT NULL CHECK (code = upper(code))",
    "code text NOT NULL CHECK (code ~ '^[A-Z]{3}$')",
    "mail text NOT NULL CHECK (mail LIKE '%@%')",
    "day date NOT NULL CHECK (day >= '2020-01-01')",
    "starts date NOT NULL, ends date NOT NULL, CHECK (starts < ends)",
    "starts int, ends int, CHECK (ends IS NULL OR starts < ends)",
    "a text, b text, CHECK (num_nonnulls(a, b) = 1)",
    "a text, b text, CHECK ((a IS NULL) = (b IS NULL))",
    "kind text NOT NULL, n int, CHECK (kind = 'with' AND n IS NOT NULL OR kind = 'without' AND n IS NULL)",
    "tags text[] NOT NULL CHECK (cardinality(tags) > 0)",
    "body jsonb NOT NULL CHECK (jsonb_typeof(body) = 'object')",
    "flag boolean NOT NULL CHECK (flag)",
]


@pytest.mark.parametrize("columns", CHECKS)
def test_checks_that_people_write(place, columns):
    place.make(f"CREATE TABLE t ({columns})")
    rows, unfilled = place.fill("t")
    assert not unfilled
    assert rows["made.t"] >= 1
    assert place.rows("SELECT count(*) FROM t") == [(rows["made.t"],)]


UNIQUE = [
    "CREATE TABLE t (id bigint PRIMARY KEY, name text)",
    "CREATE TABLE t (id uuid PRIMARY KEY, name text UNIQUE NOT NULL)",
    "CREATE TABLE t (a int, b int, c text, PRIMARY KEY (a, b), UNIQUE (c, a))",
    "CREATE TABLE t (id int PRIMARY KEY, mail text NOT NULL); CREATE UNIQUE INDEX ON t (lower(mail))",
    "CREATE TABLE t (id int PRIMARY KEY, kind text NOT NULL, gone boolean); CREATE UNIQUE INDEX ON t (kind) WHERE NOT gone",
    "CREATE TABLE t (id int PRIMARY KEY, code char(2) NOT NULL UNIQUE)",
    "CREATE TABLE t (day date PRIMARY KEY)",
    "CREATE TABLE t (at timestamptz NOT NULL, who inet NOT NULL, PRIMARY KEY (at, who))",
    "CREATE TABLE t (id int PRIMARY KEY, during tstzrange NOT NULL, EXCLUDE USING gist (during WITH &&))",
    "CREATE TABLE t (a int UNIQUE NULLS NOT DISTINCT)",
]


@pytest.mark.parametrize("sql", UNIQUE)
def test_what_is_unique(place, sql):
    place.make(sql)
    rows, unfilled = place.fill("t")
    assert not unfilled
    assert rows["made.t"] >= 2, "one row collides with none"


def test_an_enumeration_that_is_unique_has_as_many_rows_as_it_can(place):
    place.make(
        "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE t (m mood PRIMARY KEY); CREATE TABLE b (b bool UNIQUE)"
    )
    rows, unfilled = place.fill("t", "b")
    assert not unfilled
    assert rows["made.t"] >= 1
    assert rows["made.b"] >= 1


def test_two_rows_are_alike_but_for_what_is_unique(place):
    """A UNIQUE that is added later meets the rows that it breaks on."""
    place.make("CREATE TABLE t (id int PRIMARY KEY, name text NOT NULL, n int NOT NULL)")
    place.fill("t")
    assert place.rows("SELECT max(c) FROM (SELECT count(*) AS c FROM t GROUP BY name, n) AS g") == [(2,)]


# --- references ------------------------------------------------------------------------------------------------------


def test_what_is_referenced_is_filled_first(place):
    place.make(
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int NOT NULL REFERENCES a);"
        "CREATE TABLE c (b int NOT NULL REFERENCES b, free int REFERENCES a)"
    )
    rows, unfilled = place.fill("c")
    assert (set(rows), unfilled) == ({"made.a", "made.b", "made.c"}, {})
    assert place.rows("SELECT count(*) FROM c JOIN b ON b.id = c.b JOIN a ON a.id = b.a") == [(rows["made.c"],)]
    assert place.rows("SELECT count(*) > 0 FROM c WHERE free IS NULL") == [(True,)]
    assert place.rows("SELECT count(*) > 0 FROM c WHERE free IS NOT NULL") == [(True,)]


REFERENCES = {
    "of several columns": "CREATE TABLE a (x int, y text, PRIMARY KEY (x, y));"
    "CREATE TABLE t (x int NOT NULL, y text NOT NULL, FOREIGN KEY (x, y) REFERENCES a)",
    "to itself, nullable": "CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t)",
    "to itself, required": "CREATE TABLE t (id int PRIMARY KEY, parent int NOT NULL REFERENCES t)",
    "in a ring, nullable": "CREATE TABLE a (id int PRIMARY KEY, t int);"
    "CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (t) REFERENCES t",
    "unique too": "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE t (a int PRIMARY KEY REFERENCES a)",
    "in a key of several": "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY);"
    "CREATE TABLE t (a int REFERENCES a, b int REFERENCES b, PRIMARY KEY (a, b))",
    "put off": "CREATE TABLE a (id int PRIMARY KEY);"
    "CREATE TABLE t (a int NOT NULL REFERENCES a DEFERRABLE INITIALLY DEFERRED)",
    "to what is unique, and no key": "CREATE TABLE a (id int PRIMARY KEY, code text NOT NULL UNIQUE);"
    "CREATE TABLE t (code text NOT NULL REFERENCES a (code))",
    "to a partitioned table": "CREATE TABLE a (id int PRIMARY KEY) PARTITION BY RANGE (id);"
    "CREATE TABLE a1 PARTITION OF a DEFAULT; CREATE TABLE t (a int NOT NULL REFERENCES a)",
    "with a CHECK on the column": "CREATE TABLE a (id int PRIMARY KEY CHECK (id > 5));"
    "CREATE TABLE t (a int NOT NULL REFERENCES a)",
}


@pytest.mark.parametrize("name", REFERENCES)
def test_references(place, name):
    place.make(REFERENCES[name])
    rows, unfilled = place.fill("t")
    assert not unfilled
    assert rows["made.t"] >= 1


def test_a_ring_of_what_must_be_there_is_told(place):
    place.make(
        "CREATE TABLE a (id int PRIMARY KEY, t int NOT NULL); CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL REFERENCES a);"
        "ALTER TABLE a ADD FOREIGN KEY (t) REFERENCES t"
    )
    rows, unfilled = place.fill("t")
    assert rows == {}
    assert set(unfilled) == {"made.a", "made.t"}
    assert all("foreign key" in why for why in unfilled.values()), unfilled


# --- tables of a kind of their own -----------------------------------------------------------------------------------

PARTITIONED = {
    "range": "CREATE TABLE t (day date NOT NULL, n int) PARTITION BY RANGE (day);"
    "CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
    "numbers": "CREATE TABLE t (n int NOT NULL) PARTITION BY RANGE (n); CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (3)",
    "list": "CREATE TABLE t (area text NOT NULL) PARTITION BY LIST (area);"
    "CREATE TABLE t1 PARTITION OF t FOR VALUES IN ('north', 'south')",
    "hash": "CREATE TABLE t (n int NOT NULL) PARTITION BY HASH (n);"
    "CREATE TABLE t1 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 0);"
    "CREATE TABLE t2 PARTITION OF t FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    "default": "CREATE TABLE t (n int NOT NULL) PARTITION BY LIST (n); CREATE TABLE t1 PARTITION OF t DEFAULT",
}


@pytest.mark.parametrize("how", PARTITIONED)
def test_partitions(place, how):
    place.make(PARTITIONED[how])
    rows, unfilled = place.fill("t")
    assert not unfilled
    assert rows["made.t"] >= 1


def test_a_partition_by_itself(place):
    place.make(PARTITIONED["range"])
    rows, unfilled = place.fill("t1")
    assert (set(rows), unfilled) == ({"made.t1"}, {})


def test_a_partitioned_table_without_partitions_is_told(place):
    place.make("CREATE TABLE t (n int) PARTITION BY LIST (n)")
    assert place.fill("t") == ({}, {"made.t": "it is partitioned, and has no partition yet"})


def test_generated_columns_make_themselves(place, server):
    kinds = ["STORED", "VIRTUAL"] if server.info.major >= 18 else ["STORED"]
    for kind in kinds:
        place.make(f"CREATE TABLE {kind} (a int NOT NULL, twice bigint GENERATED ALWAYS AS (a::bigint * 2) {kind})")
        rows, unfilled = place.fill(kind.lower())
        assert (rows[f"made.{kind.lower()}"], unfilled) == (4, {})


def test_no_sequence_is_used_up(place):
    place.make(
        "CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, other int GENERATED BY DEFAULT AS IDENTITY,"
        " old serial, name text); INSERT INTO t (name) VALUES ('first'); DELETE FROM t"
    )
    query = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'made' ORDER BY 1"
    before = place.rows(query)
    rows, unfilled = place.fill("t")
    assert (rows, unfilled) == ({"made.t": 4}, {})
    assert place.rows(query) == before
    place.make("INSERT INTO t (name) VALUES ('next')")


def test_what_holds_rows_is_left_as_it_is(place):
    place.make("CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
    assert place.fill("t") == ({}, {})
    assert place.rows("SELECT id FROM t") == [(1,)]


def test_names_that_need_quotes(place):
    place.make('CREATE TABLE "we""ird Ta.ble" ("a b" int NOT NULL, "c""d" text CHECK ("c""d" <> \'\'), "%s" int)')
    rows, unfilled = place.fill('"we""ird Ta.ble"')
    assert (rows, unfilled) == ({'made.we"ird Ta.ble': 4}, {})


def test_a_table_without_columns(place):
    place.make("CREATE TABLE t ()")
    rows, unfilled = place.fill("t")
    assert (rows, unfilled) == ({"made.t": 4}, {})
    assert place.rows("SELECT count(*) FROM t") == [(4,)]


# --- what cannot be filled -------------------------------------------------------------------------------------------

NEVER = {
    "a trigger refuses": (
        "CREATE TABLE t (a int); CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'not on a %', 'weekday'; END $$;"
        "CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()",
        "not on a weekday",
    ),
    "no row satisfies it": ("CREATE TABLE t (a int NOT NULL CHECK (a > 1 AND a < 1))", "t_a_check"),
    "nobody guesses it": ("CREATE TABLE t (a text NOT NULL CHECK (md5(a) = repeat('0', 32)))", "t_a_check"),
}


@pytest.mark.parametrize("name", NEVER)
def test_what_cannot_be_filled_is_told_with_the_reason(place, name):
    sql, why = NEVER[name]
    place.make(sql + "; CREATE TABLE beside (a int)")
    rows, unfilled = place.fill("t", "beside")
    assert rows == {"made.beside": 4}
    assert set(unfilled) == {"made.t"}
    assert why in unfilled["made.t"]


def test_a_trigger_that_swallows_rows_leaves_the_transaction_whole(place):
    place.make(
        "CREATE TABLE t (a int); CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;"
        "CREATE TRIGGER swallow BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION swallow()"
    )
    assert place.fill("t") == ({}, {"made.t": "a trigger or a rule keeps rows out without a word"})
    assert place.rows("SELECT count(*) FROM t") == [(0,)]


# --- the same every time ---------------------------------------------------------------------------------------------


def test_the_same_rows_every_time(place):
    place.make(
        "CREATE TABLE a (id int PRIMARY KEY, at timestamptz DEFAULT now(), key uuid NOT NULL DEFAULT gen_random_uuid());"
        "CREATE TABLE t (id int PRIMARY KEY, a int REFERENCES a, n numeric(5, 2), s text, x double precision DEFAULT random())"
    )
    found = []
    for _ in range(2):
        place.fill("t")
        found.append((place.rows("SELECT * FROM a ORDER BY id"), place.rows("SELECT * FROM t ORDER BY id")))
        place.make("TRUNCATE a, t")
    assert found[0] == found[1]


def test_constants_of_the_file_have_rows_of_their_own(place):
    """What an UPDATE … WHERE status = 'old' looks for is there, in every column whose type takes it."""
    place.make("CREATE TABLE t (id int PRIMARY KEY, status text, day date, n int)")
    rows, unfilled = place.fill("t", constants=("old", "2024-05-06", "42"))
    assert (rows, unfilled) == ({"made.t": 7}, {})
    assert place.rows("SELECT status FROM t WHERE status = 'old'") == [("old",)]
    assert place.rows("SELECT count(*) FROM t WHERE day = '2024-05-06'") == [(1,)]
    assert place.rows("SELECT count(*) FROM t WHERE n = 42") == [(1,)]
