"""`ctb verify --sql` with names and texts that steer a terminal: the script can be shown, and hits what it names."""

from __future__ import annotations

import pytest

from machine import choice_of, oldest_and_newest, replayed
from pytest_ctb.deploy.drift.formats import as_script, as_text
from pytest_ctb.model.visible import steers
from pytest_ctb.replay.ddl.aspects import STATEMENTS
from pytest_ctb.sql import as_sql, spelled_sql
from test_verify import Shop, applied

NAMES = [
    "a\x1b[31mb",  # without its escape, another table of SCHEMA
    "a\x01stranger\x01b",  # what once marked a role in a statement
    "new\n::error::line",
    "##[error]sharp",
    "back\\slash\x07",
    'quo"te\x9b',
    "turn\u202edaol",
    "tab\there",
    "\U000e0041tag",
    "\rreturn",
    "'single\x1b",
]
PLAIN = ["ab", "astrangerb", "plain", "Ümläut \N{GRINNING FACE}", "back\\slash"]
"""Tables that stand beside them, and are to stay."""


def made(name: str) -> str:
    """A table of this name with a column, a default, a check, an index and a comment that hold it."""
    table, text = as_sql("public", name), "'" + name.replace("'", "''") + "'"
    return (
        f"CREATE TABLE {table} ({as_sql(name)} text DEFAULT {text} NOT NULL, CHECK ({as_sql(name)} <> {text}));\n"
        f"CREATE INDEX ON {table} ({as_sql(name)});\n"
        f"COMMENT ON TABLE {table} IS {text};\n"
        f"CREATE VIEW {as_sql('public', f'v{name}'[:60])} AS SELECT {as_sql(name)} AS x, {text}::text AS y FROM {table};\n"
        f"CREATE FUNCTION {as_sql('public', f'f{name}'[:60])}() RETURNS text LANGUAGE plpgsql AS $_$\n"
        f"BEGIN\n/* {name} */\nRETURN {text};\nEND $_$;\n"
    )


SCHEMA = "".join(map(made, PLAIN))


@pytest.fixture(scope="module", params=oldest_and_newest())
def shops(request):
    """A server with the plain tables, and what migrations make: those alone, and with all the others."""
    with choice_of(request.param).offer.start() as server:
        everything = SCHEMA + "".join(map(made, NAMES))
        plain, odd = (replayed(server, sql, queries=(STATEMENTS,)) for sql in (SCHEMA, everything))
        assert plain.files["1.sql"].applied, plain.files["1.sql"].error
        assert odd.files["1.sql"].applied, odd.files["1.sql"].error
        with server.connect() as admin:
            admin.execute("CREATE ROLE keeper LOGIN PASSWORD 'keeps' CREATEROLE; CREATE ROLE stranger NOLOGIN")
            admin.execute("CREATE DATABASE clean OWNER keeper")
            admin.execute("CREATE DATABASE whole OWNER keeper")
        for database, sql in (("clean", SCHEMA), ("whole", everything)):
            with server.connect(database) as admin:
                admin.execute("SET SESSION AUTHORIZATION keeper")
                admin.execute(sql)
        shops = Shop(server, plain), Shop(server, odd)
        yield shops
        for shop in shops:
            shop.admin.close()


def tables(shop):
    with shop.server.connect("copied") as admin:
        return {
            name
            for (name,) in admin.execute(
                "SELECT relname FROM pg_class WHERE relkind = 'r' AND oid > 16384 AND relnamespace = 'public'::regnamespace"
            )
        }


def test_what_the_migrations_do_not_make_goes_and_nothing_else(shops):
    plain, _ = shops
    with plain.copy(of="whole") as target:
        script = as_script(plain.verified(target))
        assert not steers(script)
        applied(plain, script)
        assert tables(plain) == set(PLAIN)
        again = plain.verified(target, sql=False)
        assert not again.drift.differences, as_text(again)


def test_what_the_migrations_make_comes_under_its_own_name(shops):
    _, odd = shops
    with odd.copy() as target:
        script = as_script(odd.verified(target))
        assert not steers(script)
        applied(odd, script)
        assert tables(odd) == {*PLAIN, *NAMES}
        again = odd.verified(target, sql=False)
        assert not again.drift.differences, as_text(again)


@pytest.mark.parametrize("name", [*NAMES, *PLAIN])
def test_sql_says_the_same_in_other_letters(shops, name):
    """A text in each of its forms, and a name, come back from the server as they were."""
    plain, _ = shops
    doubled = name.replace("'", "''")
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    forms = (f"'{doubled}'", f"E'{escaped}'", f"e'{doubled.replace(chr(92), chr(92) * 2)}'", f"$x${name}$x$")
    named = 'AS "' + name.replace('"', '""') + '"'
    for form in forms:
        glued = f"SELECT{form}{named}" if form[0] == "'" else f"SELECT({form}){named}"
        for sql in (f"SELECT {form} {named}", glued, f"SELECT {form}\n::text {named} /* {name} */\n"):
            told = spelled_sql(sql)
            assert not steers(told)
            found = plain.admin.execute(told)
            assert (found.description[0].name, found.fetchall()) == (name, [(name,)])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT 1\n::int;\n$$",
        "SELECT 'é'\n::text",
        'DROP TABLE "Ä b", "U&x"',
        "SELECT 'two\nlines', \"a b\", E'\\n'",
    ],
)
def test_sql_that_steers_nothing_stays_as_it_is(sql):
    assert spelled_sql(sql) == sql
