"""psql's own language: what is understood does what real psql does; what is not is told, with its place."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from itertools import count, pairwise

import pytest

from machine import wheel_bin
from pytest_ctb.model import Reading
from pytest_ctb.repository.migration import parse_migration, read
from test_replay import side_by_side, sides, state

__all__ = ["side_by_side", "sides"]

T = "CREATE TABLE t (x text, y text);\n"
AGREE = {
    "variables": "\\set s 'my schema'\nCREATE SCHEMA :\"s\"; CREATE TABLE :\"s\".t (x text DEFAULT :'s');\n",
    "a plain variable": "\\set n 5\n\\set t t_ :n\nCREATE TABLE :t (x int DEFAULT :n);",
    "quotes in values": T + "\\set v 'it''s \"it\" \\\\ \\t\\101\\x42'\nINSERT INTO t VALUES (:'v', E'\\'' || :'v');\n",
    "double quotes are kept": T + '\\set v "a b" c"d"e\nINSERT INTO t VALUES (:\'v\');',
    "words are joined": T + "\\set v a b'c d' e\nINSERT INTO t VALUES (:'v');",
    "a value of values": T + "\\set a 1\n\\set b :a :'a' :\"a\"\n\\set c ':a'\nINSERT INTO t VALUES (:'b', :c);",
    "a variable of itself": T + "\\set a '1 -- :a'\nINSERT INTO t VALUES (':a', :a\n);",
    "a value of statements": "\\set a 'CREATE TABLE one (); CREATE TABLE two ();'\n:a CREATE TABLE three ();",
    "no value": T + "INSERT INTO t SELECT (ARRAY[1,2,3])[1:2]::text, ':x' || $$:x$$ || 'a'::text;",
    "slices with a value": T + "\\set n 2\nINSERT INTO t SELECT (ARRAY[1,2,3])[1:n]::text, (ARRAY[1,2,3])[:n]::text;",
    "quotes hide": T + "\\set x 1\nINSERT INTO t VALUES (':x /* '':x''', $a$ :x $a$); -- :'x\n/* :x ' */ CREATE TABLE \":x\" ();",
    "casts": T + "\\set text 1\n\\set int 2\nINSERT INTO t SELECT '5'::text, '6'::int;",
    "is it set": T + "\\set a\nINSERT INTO t VALUES (:{?a}, :{?b});",
    "unset": T + "\\set a 1\n\\unset a\n\\unset b\nINSERT INTO t VALUES (:{?a}, ':a');",
    "conditions": T + "\\set a on\n\\if :a\nINSERT INTO t VALUES ('if');\n\\else\nINSERT INTO t VALUES ('else');\n\\endif\n",
    "nested conditions": T
    + "\\if no\n\\if yes\nINSERT INTO t VALUES (1);\n\\else\nINSERT INTO t VALUES (2);\n\\endif\n\\elif 1\n"
    "\\if fal\nINSERT INTO t VALUES (3);\n\\elif tr\nINSERT INTO t VALUES (4);\n\\elif true\nINSERT INTO t VALUES (5);\n"
    "\\else\nINSERT INTO t VALUES (6);\n\\endif\n\\else\nINSERT INTO t VALUES (7);\n\\endif",
    "conditions on one line": T + "\\if of \\set v 1 \\else \\set v 2 \\endif \\\\ INSERT INTO t VALUES (:v);",
    "what a condition hides": T
    + "\\if false\n\\set a 1\n\\i nowhere.sql\n\\copy t from x \\endif\n\\connect nowhere\nSELEC 'it''s; ' :b;\nSELECT 1 \\gexec\n\\q\n"
    "\\endif\nINSERT INTO t VALUES (:{?a});",
    "an open statement in a condition": T + "\\if false\nINSERT INTO t\n\\else\nINSERT INTO t VALUES (1);\n\\endif\n",
    "rows in a condition": T + "\\if true\nCOPY t FROM stdin;\n\\\\if false\t:a\na\t\\\\endif\n\\.\n\\endif\nINSERT INTO t VALUES (2);",
    "hidden rows are lexed": T + "\\if false\nCOPY t FROM stdin;\n1\t2;\n\\endif\nINSERT INTO t VALUES (3);",
    "rows are no commands": T + "\\set x 5\nCOPY t FROM stdin;\n:x\t:'x'\n\\\\echo\t1\n\\.\nINSERT INTO t VALUES (:x);",
    "gexec": T + "SELECT format('INSERT INTO t VALUES (%s)', i), NULL FROM generate_series(1, 3) i ORDER BY i \\gexec\n",
    "gexec of no row": T + "SELECT 'DROP TABLE t' WHERE false\n\\gexec\nINSERT INTO t VALUES (1) \\gexec",
    "gexec that makes": "SELECT 'CREATE TABLE a ()', 'CREATE TABLE b ()' \\gexec\nSELECT true, 1 \\g\nCREATE TABLE c () \\g\n",
    "output": T + "\\echo :a 'b\\n' \\qecho c \\warn d\n\\timing on\n\\pset pager off\n\\x \\a \\t\n\\encoding UTF8\nINSERT INTO t VALUES (1);",
    "settings": T + "\\set ON_ERROR_STOP 1\n\\set QUIET on\n\\set AUTOCOMMIT on\n\\set VERBOSITY terse\nINSERT INTO t VALUES (1);",
    "the end": T + "INSERT INTO t VALUES (1);\n\\if true\n\\q\nINSERT INTO t VALUES (2);",
    "a carriage return ends a comment": T + "-- tidy up\rINSERT INTO t VALUES (1); -- done\rINSERT INTO t -- a\rVALUES ('a\rb');\n",
    "lines that end with carriage returns": T.replace("\n", "\r") + "-- a\rINSERT INTO t VALUES (1);\r\r-- b\r\rINSERT INTO t VALUES (2);\r",
    "carriage returns in a body": T + "DO $$ BEGIN -- a\rINSERT INTO t VALUES (1); -- b\r\nEND $$;",
    "carriage returns behind a command": T + "\\set a 1\r2 \\\\ -- x\rINSERT INTO t VALUES (:'a');\n\\echo a\rINSERT INTO t VALUES (3);\n",
    "carriage returns in rows": T + "COPY t FROM stdin; -- a\r-- b\r\n1\t2\r\n\\.\r\nINSERT INTO t VALUES (2);",
    "no ends of a line": T + "-- a\u2028INSERT INTO t VALUES (1);\x85INSERT INTO t VALUES (2);\x0cINSERT INTO t VALUES (3);\nCREATE TABLE \u00a0 ();",
    "Windows": T.replace("\n", "\r\n") + "\\set a b\r\n\\if true\r\nINSERT INTO t VALUES (:'a');\r\n\\else\r\nSELEC;\r\n\\endif\r\n",
    "given on the command line": T + "INSERT INTO t VALUES (:'given', :number);\n\\set number 2\nINSERT INTO t VALUES (:number);",
    "include": "\\i lib/tables.sql\n\\set v 2\n\\ir ../lib/rows.sql\nINSERT INTO t VALUES (:'after');",
    "include with spaces": "\\i 'lib/with space.sql'\n\\include lib/tables.sql;\n",
    "include that ends": T + "\\i lib/quits.sql\nINSERT INTO t VALUES (3);",
    "include in a condition": T + "\\if false\n\\i lib/tables.sql\n\\else\n\\ir 'nested.sql'\n\\endif",
}  # fmt: skip
LIBRARY = {
    "lib/tables.sql": T,
    "lib/rows.sql": "\\ir deeper/rows.sql\nINSERT INTO t VALUES ('rows', :v);\n\\set after done\n",
    "lib/deeper/rows.sql": "COPY t FROM stdin;\ndeeper\t:v\n\\.\n",
    "lib/with space.sql": "CREATE TABLE spaced ();",
    "lib/quits.sql": "INSERT INTO t VALUES (1);\n\\quit\nINSERT INTO t VALUES (2);\n",
    "migrations/nested.sql": "\\set x lib/deeper\nINSERT INTO t VALUES (:'x');\n",
}
GIVEN = {"given": "it's", "number": "1"}


@pytest.fixture
def repository(tmp_path):
    for name, text in LIBRARY.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, newline="")
    return tmp_path


def programs():
    """The psql of the wheel, and the one that is installed. Their ids hold no path: workers may have copies of a wheel."""
    installed = shutil.which("psql")
    return [
        pytest.param(wheel_bin() / "psql", id="wheel"),
        *([pytest.param(installed, id="installed")] if installed else []),
    ]


def with_psql(program, server, name, role, root, path):
    """Whether a file applies with real psql, as it is run in the root of a repository."""
    environment = {"PGPASSWORD": server.password, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    command = [program, "-X", "-q", "-h", server.admin["host"], "-p", server.admin["port"], "-U", role, "-d", name]
    command += [
        "-v",
        "ON_ERROR_STOP=1",
        *(part for item in GIVEN.items() for part in ("-v", "=".join(item))),
        "-f",
        path,
    ]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=root, check=False, timeout=60)


def same(sides, program, root, text):
    """Apply a file by psql and by the replay; that both applied it, after their schemas and rows were compared."""
    server, role, by_psql, by_us, session = sides
    path = root / "migrations" / "now.sql"
    path.write_text(text, newline="")
    done = with_psql(program, server, by_psql, role, root, "migrations/now.sql")
    migration = read(path, "migrations/now.sql", Reading(root, GIVEN))
    ran = session.apply(migration)
    assert (done.returncode == 0) == (ran.error is None), (text, done.stderr, ran.error)
    assert state(server, by_us, role) == state(server, by_psql, role), text
    return ran.error is None


@pytest.mark.parametrize("name", AGREE)
@pytest.mark.parametrize("program", programs())
def test_what_is_understood_does_what_psql_does(sides, repository, program, name):
    assert same(sides, program, repository, AGREE[name])


LINES = [
    "\\set a 1", "\\set a 'x y'", "\\set b :a 2", "\\set b", "\\unset a", "\\if :{?a}", "\\if on", "\\if 0", "\\elif true", "\\elif no", "\\else",
    "\\endif", "\\endif", "\\endif", "\\echo :a", "INSERT INTO t VALUES (:'a', :{?b});", "INSERT INTO t VALUES (':a', $$:b$$);", "INSERT INTO t",
    "VALUES (:'b'); -- ':a", "COPY t FROM stdin;\n:a\t\\\\if\n\\.", "SELECT 'INSERT INTO t VALUES (1)' \\gexec", "\\ir ../lib/rows.sql",
    "/* \\if */", "\\q", ";", "SELECT 1 \\g",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_random_files_leave_what_psql_leaves(sides, repository, seed):
    """What both take gives the same; what we refuse may be more than what psql refuses, never less."""
    server, role, by_psql, by_us, session = sides
    choose = random.Random(seed)
    (path := repository / "migrations" / "now.sql").write_text(
        T + "\n".join(choose.choices(LINES, k=choose.randint(3, 16))) + "\n"
    )
    migration = read(path, "migrations/now.sql", Reading(repository, GIVEN))
    ran = session.apply(migration)
    done = with_psql(wheel_bin() / "psql", server, by_psql, role, repository, "migrations/now.sql")
    if ran.error is None:
        assert done.returncode == 0, (path.read_text(), done.stderr)
        assert state(server, by_us, role) == state(server, by_psql, role), path.read_text()
    elif ran.error.sqlstate:
        assert done.returncode != 0, (path.read_text(), ran.error)


# --- what is refused -------------------------------------------------------------------------------------------------

REFUSED = {
    "\\connect other": r"\\connect .*leaves the database",
    "\\c other": r"\\c .*leaves the database",
    "\\copy t from 'a.csv'": r"\\copy .*files of the machine",
    "\\! rm -rf /": r"\\! .*runs a program",
    "SELECT 1 AS a \\gset": r"\\gset",
    "\\set a `date`": r"\\set .*backticks",
    "\\echo `date`": r"\\echo .*backticks",
    "\\set ON_ERROR_STOP off": "applied with ON_ERROR_STOP on",
    "\\unset ON_ERROR_STOP": "applied with ON_ERROR_STOP on",
    "\\set AUTOCOMMIT off": "applied with AUTOCOMMIT on",
    "\\encoding LATIN1": "another encoding",
    "\\d t": r"psql's \\d is a command of the client psql, not SQL: only psql understands it",
    "\\o out.txt": r"\\o ",
    "\\if maybe\n\\endif": "maybe is neither true nor false",
    "\\if :unknown\n\\endif": "a variable without a value",
    "\\if true": r"\\if without \\endif",
    "\\endif": r"\\endif without",
    "\\else": r"\\else without",
    "\\if 1\n\\else\n\\else\n\\endif": r"\\else without",
    "\\if :{?DBNAME}\n\\endif": "when it runs",
    "\\i": "names no file",
    "\\i ../outside.sql": "leads out of the repository",
    "\\i ../../../../../../../../etc/passwd": "leads out of the repository",
    "\\i /etc/passwd": "leads out of the repository",
    "\\i ~/x.sql": "leads out of the repository",
    "\\ir ../../outside.sql": "leads out of the repository",
    "\\i migrations/link.sql": "leads out of the repository",
    "\\i folder/outside.sql": "leads out of the repository",
    "\\i nowhere.sql": r"no file nowhere\.sql",
    "\\i lib": "no file lib",
    "\\i lib/latin.sql": "not UTF-8",
    "\\i lib/nul.sql": "not text",
    "\\i migrations/now.sql": "a loop",
    "\\i lib/again.sql": "a loop",
    "\\set a 'SELECT 1; \\\\echo'\n:a;": "holds a command of psql",
    "\\set a ''''\nSELECT :a;": "does not end",
    "SELECT 1\n\\set a 1\n;": "inside a statement",
    "SELECT 1\\; SELECT 2;": r"\\; ",
    "\\set 'a b' 1": "is not a name of a variable",
    "\\set a 'open": "not closed",
    "\\if false\n\\unknown\n\\endif": r"\\unknown ",
    "\\if false\nCOPY t FROM stdin;\n1\t2\n\\.\n\\endif": r"\\\. ",
    '\\i "lib/tables.sql"': "no file",
    "SELECT 1; \\.": r"\\\. ",
}


@pytest.fixture
def attacked(repository):
    (outside := repository / "outside.sql").write_text("CREATE TABLE stolen ();")
    root = repository / "repo"
    for name in ("lib", "migrations"):
        shutil.copytree(repository / name, root / name)
    (root / "migrations" / "link.sql").symlink_to(outside)
    (root / "folder").symlink_to(repository)
    (root / "lib" / "latin.sql").write_bytes(b"SELECT '\xe4';")
    (root / "lib" / "nul.sql").write_bytes(b"SELECT 1;\0")
    (root / "lib" / "again.sql").write_text("\\ir again.sql\n")
    return root


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_not_understood_is_told(attacked, text):
    (attacked / "migrations" / "now.sql").write_text(f"SELECT 0;\n{text}\n")
    migration = read(attacked / "migrations" / "now.sql", "migrations/now.sql", Reading(attacked))
    assert migration.unreadable
    assert re.search(REFUSED[text], migration.unreadable.message), migration.unreadable
    assert migration.unreadable.position.line >= 2
    assert "stolen" not in str(migration.statements)


def test_variables_that_double_and_files_that_multiply_end(tmp_path):
    names = [f"v{number}" for number in range(60)]
    text = "\\set v0 xxxxxxxxxx\n" + "".join(f"\\set {b} :{a} :{a}\n" for a, b in pairwise(names))
    lazy = "".join(f"\\set {b} ':{a} :{a}'\n" for a, b in pairwise(names)) + "SELECT :v59;"
    for number in range(12):
        (tmp_path / f"{number}.sql").write_text(f"\\i {number + 1}.sql\n" * 10)
    (tmp_path / "12.sql").write_text("SELECT 1;")
    for one in (text, "\\set v0 xxxxxxxxxx\n" + lazy, "\\i 0.sql"):
        migration = parse_migration(one.encode(), "x.sql", Reading(tmp_path))
        assert re.search("grows|too much|50 deep", migration.unreadable.message)


# --- places ----------------------------------------------------------------------------------------------------------


def test_a_place_behind_a_value_is_that_of_the_file():
    text = "\\set s a_long_schema\nCREATE TABLE :s.t (x int);\nSELECT :'s', :\"s\" FROM :s.u WHER;\n"
    create, select = parse_migration(text.encode(), "x.sql").statements
    assert create.position == (2, 1)
    assert create.last_line == 2
    assert create.at(create.sql.index("x int")) == (2, text.split("\n")[1].index("x int") + 1)
    assert select.problem is None or select.problem.position.line == 3


def test_a_place_in_an_included_file_names_it(repository):
    (repository / "lib" / "bad.sql").write_text("SELECT 1;\n\nCREATE TABEL a ();\n")
    text = b"SELECT 0;\n  \\i lib/bad.sql\n"
    bad = parse_migration(text, "migrations/x.sql", Reading(repository)).unreadable
    assert (bad.position, bad.position.inside) == ((2, 3), "lib/bad.sql:3:8")


def test_a_placeholder_without_a_value_is_named():
    numbers = count(1)
    for text, column in [("SELECT * FROM :s.t;", 15), ("SELECT * FROM ${s}.t;", 15), ("CREATE TABLE a{{ s }} ();", 15)]:
        problem = parse_migration(text.encode(), f"{next(numbers)}.sql").unreadable
        assert problem.position == (1, column), text
        assert "--ctb-variable s=value" in problem.message


def test_placeholders_of_other_tools_are_filled_wherever_they_stand():
    text = "-- ${s} {{ s }}\nCREATE TABLE ${s}.a AS SELECT '{{ s }}' AS x, $$${s}$$ AS y, '${other}' AS z;"
    (create,) = parse_migration(text.encode(), "x.sql", Reading(variables={"s": "company"})).statements
    assert create.sql == "CREATE TABLE company.a AS SELECT 'company' AS x, $$company$$ AS y, '${other}' AS z"


def test_rollback_instructions_have_the_values_of_the_file():
    migration = parse_migration(b"\\set s company\nCREATE TABLE :s.t ();\n-- Rollback:\n-- DROP TABLE :s.t;\n", "x.sql")
    assert migration.rollbacks[0].statements[0].sql == "DROP TABLE company.t"


def test_a_dump_of_pg_dump_may_restrict_itself():
    good = parse_migration(b"\\restrict k1\nSELECT 1;\n\\unrestrict k1\n\\echo a\n", "x.sql")
    assert good.unreadable is None
    for bad in (b"\\restrict k1\n\\echo a\n", b"\\restrict k1\n\\unrestrict k2\n"):
        assert "refuses it here" in parse_migration(bad, "x.sql").unreadable.message
