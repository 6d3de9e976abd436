"""The reader of SQL: what is a statement, where it stands, and what is inside it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_ctb.model import Key, Name, Source, line_ends
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.sql import as_sql, created, equivalent, names_in, object_positions, parse, refused


def statements(text):
    return parse(Source(text))[0]


def texts(text):
    return [statement.sql for statement in statements(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]),
        (";;SELECT 1;;", ["SELECT 1"]),
        ("", []),
        ("-- SELECT 1;\n/* SELECT 2; /* 3; */ */", []),
        ("SELECT ';', 'it''s;', E'\\';', U&'\\003B;', B'1', X'1F';", ["SELECT ';', 'it''s;', E'\\';', U&'\\003B;', B'1', X'1F'"]),
        ("SELECT $$;$$, $a$;$$;$a$, $ä1$;$ä1$;", ["SELECT $$;$$, $a$;$$;$a$, $ä1$;$ä1$"]),
        ('SELECT 1 AS "a;""b;";', ['SELECT 1 AS "a;""b;"']),
        ("SELECT a$b$c FROM t; SELECT 1;", ["SELECT a$b$c FROM t", "SELECT 1"]),
        ("SELECT $1; SELECT 2;", ["SELECT $1", "SELECT 2"]),
        ("SELECT 'a\\'; SELECT 2;", ["SELECT 'a\\'", "SELECT 2"]),
        ("SELECT 1 -- one;\n  + 2; SELECT 3;", ["SELECT 1 -- one;\n  + 2", "SELECT 3"]),
        ("CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3;", ["CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)", "SELECT 3"]),
        ("SELECT 1-- ; no\n;SELECT 2", ["SELECT 1-- ; no", "SELECT 2"]),
        ("SELECT 3 /* a */ /* b; */;", ["SELECT 3 /* a */ /* b; */"]),
        ("SELECT begin, end FROM atomic; SELECT 2;", ["SELECT begin, end FROM atomic", "SELECT 2"]),
    ],
)  # fmt: skip
def test_statements_are_split_as_psql_splits_them(text, expected):
    assert texts(text) == expected


def test_a_body_between_begin_atomic_and_end_is_one_statement():
    body = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 1 END; END"
    assert texts(f"{body}; SELECT 2;") == [body, "SELECT 2"]


@pytest.mark.parametrize(
    "head",
    [
        "create function f() returns int begin",
        "CrEaTe\tOR -- ;\n REPLACE/* ; */Procedure f() BEGIN",
        "-- a ;\n/* b /* ; */ */ CREATE\nFUNCTION f() RETURNS int BEGIN",
    ],
)
def test_a_body_is_one_statement_however_its_head_is_spelt(head):
    assert len(texts(f"{head} ATOMIC SELECT 1; SELECT 2; END; SELECT 2;")) == 2


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("-- a\n\t--b\r\n\f--\n-- c", [" a", "b", "", " c"]),
        ("/* -- a */ -- b\nSELECT 1; -- c\n-- d", [" b", " c", " d"]),
        ("/* /* */ -- a\n */ -- b\n;-- c", [" b", " c"]),
        ("SELECT '-- a', $$-- b$$, \"-- c\" -- d\n, 1; -- e", [" d", " e"]),
        ("-- a\n\\echo -- b\n-- c\n- 1; -- d", [" a", " c", " d"]),
        ("-- a\n\u00a0-- b\n", [" a", " b"]),
    ],
)
def test_each_comment_is_found_once_and_in_its_order(text, comments):
    found = parse(Source(text))[1]
    assert [one.text for one in found] == comments
    assert [one.position for one in found] == sorted(one.position for one in found)


def test_rows_behind_copy_are_no_sql():
    text = "COPY t FROM stdin;\na;b\n-- c\n\\N\n\\.\nSELECT 1;"
    copy, select = statements(text)
    assert copy.data == "a;b\n-- c\n\\N\n"
    assert select.sql == "SELECT 1"
    assert select.position == (6, 1)
    assert copy.last_line == 5


def test_rows_without_an_end_reach_to_the_end():
    (copy,) = statements("COPY t FROM stdin;\na\nb")
    assert copy.data == "a\nb"


def test_a_meta_command_ends_with_its_line():
    first, meta, last = statements("SELECT 1;\n\\i other.sql ; SELECT 2;\nSELECT 3;")
    assert (first.tag, last.sql) == ("SELECT", "SELECT 3")
    assert meta.meta
    assert meta.problem.message.startswith("psql's \\i is a command of the client")
    assert meta.problem.position == (2, 1)


def test_a_broken_statement_hides_no_other():
    good, bad, other = statements("SELECT 1;\nSELEC 2;\nSELECT 3;")
    assert good.tag == other.tag == "SELECT"
    assert bad.problem.position == (2, 1)
    assert bad.problem.message == 'syntax error at or near "SELEC"'


def test_an_error_at_the_end_of_a_long_string_is_told_on_one_line():
    (bad,) = statements("SELECT 'never\nends\n;")
    assert "\n" not in bad.problem.message


@pytest.mark.parametrize("end", ["'", '"', "$$", "/*", "$x$", "E'\\"])
def test_what_is_never_closed_reaches_to_the_end(end):
    (one,) = statements(f"SELECT {end} ; SELECT 2;")
    assert one.problem


def test_columns_are_counted_in_characters():
    (one,) = statements("/* ─📁é */ SELECT 'ß', nope.;")
    assert one.position == (1, 11)
    assert one.problem.position.column > 24


def inner(text):
    return [
        (deep.sql, deep.position.line, deep.guarded) for statement in statements(text) for deep in statement.walk()[1:]
    ]


def test_the_statements_of_a_do_block():
    text = "DO $$\nBEGIN\n  DELETE FROM a;\n  IF x THEN\n    UPDATE b SET c = 1;\n  END IF;\n  EXECUTE 'DROP TABLE d';\nEND $$;"
    assert [(sql, line) for sql, line, _ in inner(text)] == [
        ("DELETE FROM a", 3),
        ("UPDATE b SET c = 1", 5),
        ("DROP TABLE d", 7),
    ]
    assert [guarded for *_, guarded in inner(text)] == [False, True, False]


def test_a_trigger_function_is_read_too():
    """libpg_query gives broken JSON for these; https://github.com/pganalyze/libpg_query/issues/337."""
    text = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM a WHERE b = '{}}'; RETURN NEW; END $$;"
    assert [sql for sql, *_ in inner(text)] == ["DELETE FROM a WHERE b = '{}}'"]


@pytest.mark.parametrize(
    ("expression", "folded"),
    [
        ("'DROP TABLE a'", "DROP TABLE a"),
        ("'DROP ' || 'TABLE ' || 'a'", "DROP TABLE a"),
        ("format('DROP TABLE %I.%I', 'b', 'a')", 'DROP TABLE "b"."a"'),
        ("format('DROP TABLE %2$s.%1$s', 'a', 'b')", "DROP TABLE b.a"),
        ("concat('DROP TABLE ', 'a')", "DROP TABLE a"),
        ("'DROP TABLE ' || quote_ident('a')", 'DROP TABLE "a"'),
        ("'DROP TABLE ' || v", "DROP TABLE ctb_unknown"),
        ("'DROP TABLE a'::text", "DROP TABLE a"),
        ("format('DELETE FROM a WHERE b = %L', v)", "DELETE FROM a WHERE b = 'ctb_unknown'"),
        ("format('SELECT 100 %% 3')", "SELECT 100 % 3"),
    ],
)
def test_what_is_constant_in_an_execute_is_read(expression, folded):
    text = f"DO $$ DECLARE v text; BEGIN EXECUTE {expression}; END $$;"
    assert [sql for sql, *_ in inner(text)] == [folded]


def test_a_body_that_cannot_be_read_holds_nothing():
    assert inner("DO $$ this is no plpgsql $$;") == []
    assert inner("DO LANGUAGE plperl $$ print; $$;") == []
    assert inner("CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'file', 'symbol';") == []


def names(text):
    found = names_in(statements(text))
    return {str(one) for one in found.makes}, {str(use) for use in found.uses if use.kind == "relation"}


@pytest.mark.parametrize(
    ("text", "makes", "uses"),
    [
        ("CREATE TABLE a.b (c int REFERENCES d.e);", {"a.b"}, {"d.e"}),
        ("ALTER TABLE a.b ADD c int;", {"a.b.c"}, {"a.b"}),
        ("CREATE VIEW a.v AS SELECT 1 FROM b.t JOIN c.u USING (id);", {"a.v"}, {"b.t", "c.u"}),
        ("SET search_path = s; CREATE TABLE t (); SELECT * FROM u;", {"s.t"}, {"s.u"}),
        ("CREATE TABLE t (); INSERT INTO t DEFAULT VALUES;", {"public.t"}, set()),
        ("COMMENT ON COLUMN a.b.c IS 'x'; DROP TABLE IF EXISTS d.e; DROP TABLE f.g;", set(), {"a.b", "f.g"}),
        ("SELECT * FROM pg_catalog.pg_class, information_schema.tables;", set(), set()),
        ("DO $$ BEGIN INSERT INTO a.b VALUES (1); END $$;", set(), {"a.b"}),
        ("CREATE FUNCTION a.f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DELETE FROM a.b; END $$;", {"a.f"}, set()),
        ("CREATE FUNCTION a.f() RETURNS void LANGUAGE sql AS 'DELETE FROM a.b';", {"a.f"}, {"a.b"}),
    ],
)
def test_what_a_file_makes_and_uses(text, makes, uses):
    assert names(text) == (makes, uses)


def test_a_name_is_written_as_people_write_it():
    assert str(Name("column", "a", "c", "b")) == "a.b.c"
    assert str(Name("schema", "", "a")) == "a"


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("SELECT 1", "SELECT  1 -- one", True),
        ("SELECT a = ANY (ARRAY['x'::varchar]::text[])", "SELECT a = ANY (ARRAY[('x'::varchar)::text])", True),
        ("SELECT a OR b AND c", "SELECT (a OR b) AND c", False),
        ("SELECT a::int", "SELECT a", False),
        ("SELECT 'x'", "SELECT 'y'", False),
        ("SELEC", "SELEC", False),
    ],
)
def test_what_a_server_prints_in_two_ways_is_the_same(left, right, same):
    assert equivalent(left, right) is same


_PIECES = st.sampled_from(
    [
        "SELECT",
        "1",
        ";",
        ";;",
        "'",
        "''",
        '"',
        "$$",
        "$a$",
        "--",
        "/*",
        "*/",
        "(",
        ")",
        "\n",
        "\r\n",
        "\\",
        "\\.",
        "E'",
        "U&'",
        "BEGIN",
        "COMMIT",
        "DO",
        "CREATE",
        "FUNCTION",
        "ATOMIC",
        "END",
        "CASE",
        "COPY",
        "t",
        "FROM",
        "stdin;",
        "é",
        "📁",
        "\x00",
        "\ufeff",
        "x,",
        "Rollback:",
        "--",
        "ctb:allow",
        "x:",
        "y",
    ]
)


@settings(max_examples=400)
@given(st.one_of(st.lists(_PIECES, max_size=30).map(" ".join), st.text(max_size=200)))
def test_any_text_is_read_and_every_place_lies_in_it(text):
    """Nothing is raised, nothing overlaps, and what a statement says of itself stands where it says."""
    migration = parse_migration(text.encode(errors="surrogatepass"), "x.sql")
    source = migration.source
    lines = len(line_ends(source.text)) + 1
    end = 0
    for statement in migration.statements:
        assert statement.start >= end
        assert source.text.startswith(statement.sql, statement.start)
        assert statement.sql.strip(" \t\n\r\f\v")  # what is white space to Postgres; Unicode knows more
        end = statement.start + len(statement.sql)
        for deep in statement.walk():
            assert 1 <= deep.position.line <= lines
        if statement.problem:
            assert 1 <= statement.problem.position.line <= lines
    for comment in migration.comments:
        assert source.line(comment.position.line)[comment.position.column - 1 :].startswith("--")


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_read(data):
    parse_migration(data, "2025-10-23_x.sql")


@pytest.mark.parametrize(
    ("body", "folded"),
    [
        ("s text := 'DROP TABLE a'; BEGIN EXECUTE s;", ["DROP TABLE a"]),
        ("s text; BEGIN s := 'DROP TABLE '; s := s || 'a'; EXECUTE s;", ["DROP TABLE a"]),
        ("s text; BEGIN SELECT 'DROP TABLE a' INTO s; EXECUTE s;", ["SELECT 'DROP TABLE a'", "DROP TABLE a"]),
        ("s text; BEGIN IF v THEN s := 'DROP TABLE a'; ELSE s := 'DROP TABLE b'; END IF; EXECUTE s;", ["DROP TABLE a", "DROP TABLE b"]),
        ("s text; BEGIN s := 'DROP TABLE a'; s := 'DROP TABLE b'; EXECUTE s;", ["DROP TABLE b"]),
        ("s text; BEGIN EXECUTE CASE v WHEN 1 THEN 'DROP TABLE a' ELSE 'DROP TABLE b' END;", ["DROP TABLE a", "DROP TABLE b"]),
        ("s text; BEGIN EXECUTE coalesce(s, 'DROP TABLE a');", ["DROP TABLE a"]),
        ("s text; BEGIN EXECUTE concat_ws(' ', 'DROP', 'TABLE', 'a');", ["DROP TABLE a"]),
        ("s text; BEGIN EXECUTE array_to_string(ARRAY['DROP', 'TABLE a'], ' ');", ["DROP TABLE a"]),
        ("s text; BEGIN EXECUTE replace('DROP TABLE x', 'x', 'a');", ["DROP TABLE a"]),
        ("s text; BEGIN EXECUTE (SELECT string_agg('DROP TABLE a', ';'));", ["DROP TABLE a"]),
        ("s text; BEGIN EXECUTE s;", []),
        ("s text; BEGIN EXECUTE $1;", []),
        ("s text; BEGIN s := f('DROP TABLE a'); EXECUTE s;", []),
    ],
)  # fmt: skip
def test_a_variable_is_followed_to_its_execute(body, folded):
    """Where a text may be one of several, each is told; what comes from elsewhere is not guessed."""
    assert [sql for sql, *_ in inner(f"DO $$ DECLARE v int; {body} END $$;")] == folded


def test_alternatives_do_not_grow_without_bound():
    steps = "".join(f"IF v THEN s := s || '{n}'; END IF; " for n in range(40))
    assert len(inner(f"DO $$ DECLARE v bool; s text := 'SELECT 1'; BEGIN {steps} EXECUTE s; END $$;")) <= 8


@pytest.mark.parametrize(
    "declared",
    [
        "a company.stage",
        "a company.stage := 'new'",
        "a CONSTANT company.stage DEFAULT 'new'",
        "a company.stage[] := '{}'",
        "a company.master%ROWTYPE",
        "a company.master.name%TYPE",
        "a citext",
        "a public.citext NOT NULL := ''",
        "a numeric(10, 2); b timestamp with time zone; c company.stage",
        "a company.stage; b CURSOR FOR SELECT * FROM company.master; c refcursor",
        'a "Company"."Stage"',
    ],
)
def test_types_of_one_s_own_hide_nothing(declared):
    """libpg_query has no catalog: https://github.com/pganalyze/libpg_query/blob/18-latest/src/pg_query_parse_plpgsql.c."""
    text = f"DO $$\nDECLARE\n  {declared};\nBEGIN\n  DELETE FROM a;\nEND $$;"
    assert inner(text) == [("DELETE FROM a", 5, False)]


@pytest.mark.parametrize(
    "signature",
    [
        "f(one company.master) RETURNS company.stage",
        "f(VARIADIC names text[]) RETURNS SETOF company.master",
        "f(one company.stage[], OUT two company.stage)",
        "f() RETURNS TABLE (one company.stage)",
        "f() RETURNS company.master.name%TYPE",
    ],
)
def test_a_signature_hides_nothing(signature):
    text = f"CREATE FUNCTION {signature} LANGUAGE plpgsql AS $f$\nBEGIN\n  DELETE FROM a;\nEND $f$;"
    assert inner(text) == [("DELETE FROM a", 3, False)]


def test_a_record_of_one_s_own_type_is_assigned_to():
    text = "DO $$ DECLARE r company.master%ROWTYPE; s company.stage; n int; BEGIN r.id := 1; SELECT 1, 2 INTO s, n; DELETE FROM a; END $$;"
    assert [sql for sql, *_ in inner(text)][-1] == "DELETE FROM a"


@pytest.mark.parametrize(
    "body", ["this is no plpgsql", "BEGIN DELETE FROM; END", "BEGIN nowhere := 1; END", "BEGIN IF true THEN END"]
)
def test_a_body_that_cannot_be_read_says_why(body):
    (one,) = statements(f"DO $$ {body} $$;")
    assert one.unread
    assert not one.inner


def test_an_execute_stands_where_its_word_does():
    text = "DO $$ BEGIN\n  -- EXECUTE 'no'\n  PERFORM 1; EXECUTE\n 'DROP TABLE a';\nEND $$;"
    (one,) = statements(text)
    assert [deep.position for deep in one.walk()[1:]] == [(3, 3), (3, 14)]


def test_a_syntax_error_is_placed_in_characters():
    (one,) = statements("SELECT 'ßß📁', nope nope nope;")
    assert one.problem.position == (1, 25)


@pytest.mark.parametrize(
    ("parts", "written"),
    [
        (["company", "master"], "company.master"),
        (["", "master"], "master"),
        (["Order"], '"Order"'),
        (["order"], '"order"'),
        (["a b", 'c"d'], '"a b"."c""d"'),
        (["größe"], "größe"),
        (["1a"], '"1a"'),
    ],
)
def test_a_name_is_quoted_where_sql_needs_it(parts, written):
    assert as_sql(*parts) == written


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "CREATE INDEX CONCURRENTLY"),
        ("CREATE INDEX i ON t (a)", ""),
        ("DROP INDEX CONCURRENTLY i", "DROP INDEX CONCURRENTLY"),
        ("REINDEX INDEX CONCURRENTLY i", "REINDEX CONCURRENTLY"),
        ("REINDEX (CONCURRENTLY off) INDEX i", ""),
        ("REINDEX SCHEMA s", "REINDEX of a whole schema or database"),
        ("VACUUM (ANALYZE) t", "VACUUM"),
        ("ANALYZE t", ""),
        ("CLUSTER", "CLUSTER of all tables"),
        ("CLUSTER t", ""),
        ("ALTER TABLE p DETACH PARTITION q CONCURRENTLY", "DETACH PARTITION … CONCURRENTLY"),
        ("ALTER TABLE p DETACH PARTITION q", ""),
        ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p", "CREATE SUBSCRIPTION"),
        ("CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = off)", ""),
        ("ALTER SUBSCRIPTION s REFRESH PUBLICATION", "ALTER SUBSCRIPTION … REFRESH"),
        ("ALTER SUBSCRIPTION s DISABLE", ""),
        ("DISCARD ALL", "DISCARD ALL"),
        ("DISCARD PLANS", ""),
        ("ALTER DATABASE d SET TABLESPACE t", "ALTER DATABASE … SET TABLESPACE"),
        ("ALTER DATABASE d SET work_mem = 1", ""),
        ("ALTER SYSTEM RESET ALL", "ALTER SYSTEM"),
        ("DO $$ BEGIN COMMIT; END $$", "COMMIT in a DO block"),
        ("CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$", ""),
        ("REFRESH MATERIALIZED VIEW CONCURRENTLY v", ""),
        ("ALTER TYPE t ADD VALUE 'x'", ""),
    ],
)  # fmt: skip
def test_what_postgres_refuses_inside_a_transaction(text, what):
    (one,) = statements(text)
    assert refused(one) == what


@settings(max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                "DECLARE",
                "BEGIN",
                "END",
                "EXECUTE",
                "s",
                ":=",
                ";",
                "text",
                "a.b",
                "%ROWTYPE",
                "IF",
                "THEN",
                "'x'",
                "||",
                "format('%I', s)",
                "RETURN",
                "\n",
                "FOR",
                "IN",
                "LOOP",
                "EXCEPTION",
                "WHEN",
                "ä",
                "$1",
                "{",
                "[",
                "(",
            ]
        ),
        max_size=25,
    ).map(" ".join)
)
def test_any_body_is_read(body):
    """Nothing is raised, and what is found lies in the file."""
    text = f"DO $ctb$ {body} $ctb$;\nCREATE FUNCTION f(a b.c) RETURNS b.c LANGUAGE plpgsql AS $ctb$ {body} $ctb$;"
    for statement in statements(text):
        for deep in statement.walk():
            assert 0 <= deep.start < len(text)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("SELECT 1 AS id INTO shop.item", Key("table", "shop.item")),
        ("CREATE TABLE item AS SELECT 1 AS id", Key("table", "public.item")),
        ("CREATE SCHEMA AUTHORIZATION clerk", Key("schema", "clerk")),
        ("CREATE TYPE shop.shell", Key("type", "shop.shell")),
        ("CREATE TYPE mood AS ENUM ('well')", Key("type", "public.mood")),
        ("CREATE PROCEDURE shop.sell() LANGUAGE sql AS 'SELECT 1'", Key("function", "shop.sell")),
        ("CREATE INDEX item_name ON shop.item (name)", Key("index", "shop.item_name")),
        ("CREATE TRIGGER stamp AFTER INSERT ON item EXECUTE FUNCTION f()", Key("trigger", "public.item.stamp")),
        ("CREATE POLICY own ON shop.item", Key("policy", "shop.item.own")),
    ],
)
def test_an_object_has_the_position_of_the_statement_that_creates_it(text, key):
    (statement,) = statements(text)
    assert created(statement)
    assert object_positions([statement]) == {key: statement.position}


@pytest.mark.parametrize(
    "text",
    [
        "CREATE INDEX ON shop.item (name)",
        "CREATE DATABASE clerk",
        "SELECT 1 AS id",
        "DROP TABLE shop.item",
        "SELECT f() INTO",
    ],
)
def test_what_creates_no_named_object_of_the_schema_has_no_position_of_one(text):
    assert not object_positions(statement for statement in statements(text) if statement.tag)


def test_a_name_that_a_file_creates_is_made_by_it():
    made = names_in(
        statements("CREATE SCHEMA AUTHORIZATION clerk; CREATE TYPE shop.shell; SELECT 1 AS id INTO shop.item;")
    ).makes
    assert {*made} == {
        Name("schema", "", "clerk"),
        Name("type", "shop", "shell"),
        Name("relation", "shop", "item"),
        Name("type", "shop", "item"),
    }
