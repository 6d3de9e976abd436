"""What is asked of a statement: its command tag as the server says it, and the facts that its text states."""

from __future__ import annotations

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import pytest_ctb
from pytest_ctb import sql
from pytest_ctb.model import GEXEC, Control, Problem, Source, Statement, TransactionCommand
from pytest_ctb.replay.session.databases import database
from pytest_ctb.replay.session.transactions import asks_first, fits_inside, only_objects
from pytest_ctb.sql import Alteration, CommentOn, Created, DropStatement, Extension, Index, Relation, Rename, Setting

PACKAGE = Path(pytest_ctb.__file__).parent

RAN = """
CREATE ROLE ctb_tag_role; ALTER ROLE ctb_tag_role SET work_mem = '1MB'; ALTER ROLE ctb_tag_role RENAME TO ctb_tag_other;
CREATE USER ctb_tag_user; GRANT ctb_tag_other TO ctb_tag_user; REVOKE ctb_tag_other FROM ctb_tag_user;
COMMENT ON ROLE ctb_tag_user IS 'x'; REASSIGN OWNED BY ctb_tag_user TO ctb_tag_other; DROP OWNED BY ctb_tag_user;
CREATE SCHEMA s; ALTER SCHEMA s RENAME TO r; CREATE TABLE t (a int, b text); ALTER TABLE t ADD COLUMN c int;
ALTER TABLE t RENAME c TO d; ALTER TABLE t ADD CONSTRAINT k CHECK (a > 0); ALTER TABLE t RENAME CONSTRAINT k TO l;
ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME TO t; ALTER TABLE t OWNER TO ctb_tag_other; COMMENT ON TABLE t IS 'x';
CREATE TABLE two AS SELECT 1 AS x; SELECT 1 AS x INTO three; CREATE UNLOGGED TABLE four (); CREATE TEMP TABLE five ();
CREATE VIEW v AS SELECT a FROM t; ALTER VIEW v RENAME COLUMN a TO z; ALTER VIEW v SET SCHEMA r; DROP VIEW r.v;
CREATE MATERIALIZED VIEW m AS SELECT 1 AS x; ALTER MATERIALIZED VIEW m RENAME TO n; REFRESH MATERIALIZED VIEW n;
DROP MATERIALIZED VIEW n; CREATE SEQUENCE q; ALTER SEQUENCE q RESTART; ALTER SEQUENCE q RENAME TO p; DROP SEQUENCE p;
CREATE INDEX i ON t (a); ALTER INDEX i RENAME TO j; REINDEX INDEX j; CLUSTER t USING j; DROP INDEX j;
CREATE STATISTICS st ON a, b FROM t; ALTER STATISTICS st SET STATISTICS 10; DROP STATISTICS st;
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; ALTER FUNCTION f() STABLE;
ALTER ROUTINE f() SET SCHEMA r; ALTER FUNCTION r.f() SET SCHEMA public; CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1';
ALTER PROCEDURE p() OWNER TO ctb_tag_other; CALL p(); DROP PROCEDURE p(); DO 'BEGIN PERFORM 1; END';
CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f(); ALTER TRIGGER g ON t RENAME TO h;
DROP TRIGGER h ON t; DROP FUNCTION f(); CREATE RULE e AS ON INSERT TO four DO ALSO SELECT 1;
ALTER RULE e ON four RENAME TO o; DROP RULE o ON four; CREATE POLICY y ON t; ALTER POLICY y ON t USING (true);
ALTER POLICY y ON t RENAME TO w; DROP POLICY w ON t; CREATE AGGREGATE ag (int) (sfunc = int4pl, stype = int);
DROP AGGREGATE ag (int); CREATE OPERATOR ## (leftarg = int, rightarg = int, function = int4pl);
ALTER OPERATOR ## (int, int) SET SCHEMA r; DROP OPERATOR r.## (int, int); CREATE OPERATOR FAMILY of USING btree;
ALTER OPERATOR FAMILY of USING btree RENAME TO og; DROP OPERATOR FAMILY og USING btree;
CREATE CAST (text AS int) WITH INOUT; DROP CAST (text AS int); CREATE COLLATION co (locale = 'C'); DROP COLLATION co;
CREATE TYPE ty AS (x int); ALTER TYPE ty ADD ATTRIBUTE y int; ALTER TYPE ty RENAME ATTRIBUTE y TO z; DROP TYPE ty;
CREATE TYPE en AS ENUM ('a'); ALTER TYPE en ADD VALUE 'b'; ALTER TYPE en RENAME VALUE 'b' TO 'c'; DROP TYPE en;
CREATE TYPE ra AS RANGE (subtype = int); DROP TYPE ra; CREATE DOMAIN d AS int CONSTRAINT k CHECK (VALUE > 0);
ALTER DOMAIN d RENAME CONSTRAINT k TO l; ALTER DOMAIN d DROP CONSTRAINT l; DROP DOMAIN d;
CREATE TEXT SEARCH DICTIONARY di (template = simple); ALTER TEXT SEARCH DICTIONARY di (accept = false);
CREATE TEXT SEARCH CONFIGURATION tc (copy = simple); ALTER TEXT SEARCH CONFIGURATION tc DROP MAPPING FOR word;
DROP TEXT SEARCH CONFIGURATION tc; DROP TEXT SEARCH DICTIONARY di; CREATE FOREIGN DATA WRAPPER fw;
ALTER FOREIGN DATA WRAPPER fw OPTIONS (a '1'); CREATE SERVER sv FOREIGN DATA WRAPPER fw; ALTER SERVER sv RENAME TO sw;
CREATE FOREIGN TABLE ft (a int) SERVER sw; ALTER FOREIGN TABLE ft RENAME a TO b; DROP FOREIGN TABLE ft;
CREATE USER MAPPING FOR ctb_tag_user SERVER sw; DROP USER MAPPING FOR ctb_tag_user SERVER sw; DROP SERVER sw;
DROP FOREIGN DATA WRAPPER fw; CREATE PUBLICATION pu; ALTER PUBLICATION pu ADD TABLE t; DROP PUBLICATION pu;
GRANT SELECT ON t TO ctb_tag_user; REVOKE SELECT ON t FROM ctb_tag_user;
ALTER DEFAULT PRIVILEGES IN SCHEMA r GRANT SELECT ON TABLES TO ctb_tag_user;
INSERT INTO t VALUES (1); UPDATE t SET a = 2; DELETE FROM t; SELECT 1; VALUES (1); TABLE t; TRUNCATE t;
MERGE INTO t USING two ON a = x WHEN NOT MATCHED THEN INSERT VALUES (x); EXPLAIN SELECT 1; VACUUM t; ANALYZE t;
VACUUM FULL t; PREPARE pr AS SELECT 1; DEALLOCATE pr; DEALLOCATE ALL; SET work_mem = '1MB'; RESET work_mem;
SHOW work_mem; RESET ALL; LISTEN c; NOTIFY c; UNLISTEN *; CHECKPOINT; DISCARD PLANS; DISCARD TEMP; DISCARD SEQUENCES;
DISCARD ALL; BEGIN; SET CONSTRAINTS ALL DEFERRED; LOCK TABLE t; SAVEPOINT a; ROLLBACK TO a; RELEASE a;
DECLARE cu CURSOR FOR SELECT 1; FETCH cu; MOVE cu; CLOSE cu; CLOSE ALL; COMMIT AND CHAIN; ROLLBACK; START TRANSACTION;
END; DROP TABLE t, two, three, four; DROP SCHEMA r CASCADE; ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC;
DROP ROLE ctb_tag_user, ctb_tag_other
"""
"""Statements that a superuser can run in this order, in an empty database."""
LISTENS = """
CREATE TABLE public.tags (tag text);
CREATE FUNCTION public.hear() RETURNS event_trigger LANGUAGE plpgsql AS
    $$ BEGIN INSERT INTO public.tags VALUES (tg_tag); END $$;
CREATE EVENT TRIGGER hears ON ddl_command_start EXECUTE FUNCTION public.hear();
"""


def statements(text: str) -> tuple[Statement, ...]:
    return sql.parse(Source(text))[0]


def statement(text: str) -> Statement:
    (only,) = statements(text)
    assert only.problem is None, only.problem
    return only


def test_the_tag_of_a_statement_is_the_one_that_the_server_reports(server):
    """Event triggers are told the tag of a command, and the client that of every other; some with a count behind it."""
    with database(server, "tags", None) as name, server.connect(name) as admin:
        admin.execute(LISTENS)
        admin.execute("SET search_path = public")
        for one in statements(RAN):
            status = admin.execute(one.sql.encode()).statusmessage
            heard = admin.execute("DELETE FROM public.tags RETURNING tag").fetchall()
            tag = heard[0][0] if heard else re.sub(r"[ \d]+$", "", status)
            assert one.tag == tag, one.sql
            if one.sql in {"RESET ALL", "DISCARD ALL"}:
                admin.execute("SET search_path = public")


@pytest.mark.parametrize(
    ("text", "tag", "control"),
    [
        ("BEGIN", "BEGIN", Control(TransactionCommand.BEGIN)),
        ("START TRANSACTION READ ONLY", "START TRANSACTION", Control(TransactionCommand.START)),
        ("END AND CHAIN", "COMMIT", Control(TransactionCommand.COMMIT, chain=True)),
        ("ABORT", "ROLLBACK", Control(TransactionCommand.ROLLBACK)),
        ("SAVEPOINT a", "SAVEPOINT", Control(TransactionCommand.SAVEPOINT, "a")),
        ('RELEASE SAVEPOINT "A b"', "RELEASE", Control(TransactionCommand.RELEASE, "A b")),
        ("ROLLBACK WORK TO a", "ROLLBACK", Control(TransactionCommand.ROLLBACK_TO, "a")),
        ("PREPARE TRANSACTION 'x'", "PREPARE TRANSACTION", Control(TransactionCommand.PREPARE)),
        ("COMMIT PREPARED 'x'", "COMMIT PREPARED", Control(TransactionCommand.COMMIT_PREPARED)),
        ("ROLLBACK PREPARED 'x'", "ROLLBACK PREPARED", Control(TransactionCommand.ROLLBACK_PREPARED)),
        ("PREPARE p AS SELECT 1", "PREPARE", None),
        ("EXECUTE p", "EXECUTE", None),
        ("SET TRANSACTION READ ONLY", "SET", None),
        ("REINDEX DATABASE d", "REINDEX", None),
        ("ALTER SUBSCRIPTION s RENAME TO t", "ALTER SUBSCRIPTION", None),
        ("ALTER DATABASE d RENAME TO e", "ALTER DATABASE", None),
    ],
)
def test_what_controls_a_transaction(text, tag, control):
    """Also those that the server reports by the same tag are told apart."""
    found = statement(text)
    assert (found.tag, found.control, found.command) == (tag, control, control.command if control else None)


def test_the_commands_inside_a_body_have_tags_too():
    block = statement("DO $$ BEGIN COMMIT; EXECUTE 'CREATE ROLE joe'; EXECUTE format('DROP TABLE %I', x); END $$")
    assert [(inner.tag, inner.command) for inner in block.walk()] == [
        ("DO", None),
        ("COMMIT", TransactionCommand.COMMIT),
        ("CREATE ROLE", None),
        ("DROP TABLE", None),
    ]


def test_what_cannot_be_read_has_no_tag_and_no_facts():
    bogus, command, query = statements("bogus;\n\\copy t from 'x'\nSELECT 'DROP TABLE t' \\gexec\n")
    assert (bogus.tag, command.tag, query.tag) == ("", "", GEXEC)
    withheld = statement("CREATE TABLE t ()").withheld(Problem("not sent", bogus.position))
    for one in (bogus, command, query, withheld):
        for ask in (sql.created, sql.dropped, sql.renamed, sql.relation, sql.extension, sql.index, sql.comment_on):
            assert ask(one) is None
        assert sql.setting(one) is None
        assert sql.parents(one) == sql.alterations(one) == ()
        assert sql.functions_called(one) == frozenset()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CREATE TABLE company.master ()", Created("TABLE", "company", "master", if_not_exists=False)),
        ("CREATE TABLE IF NOT EXISTS t AS SELECT 1", Created("TABLE", "", "t", if_not_exists=True)),
        ("SELECT 1 INTO a.t", Created("TABLE", "a", "t", if_not_exists=False)),
        ("CREATE TEMP TABLE t ()", Created("TABLE", "", "t", if_not_exists=False, temporary=True)),
        ("CREATE SEQUENCE pg_temp.s", Created("SEQUENCE", "pg_temp", "s", if_not_exists=False, temporary=True)),
        ("CREATE OR REPLACE VIEW a.v AS SELECT 1", Created("VIEW", "a", "v", if_not_exists=False)),
        (
            "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1",
            Created("MATERIALIZED VIEW", "", "v", if_not_exists=True),
        ),
        ("CREATE FOREIGN TABLE IF NOT EXISTS f () SERVER s", Created("FOREIGN TABLE", "", "f", if_not_exists=True)),
        ("CREATE INDEX IF NOT EXISTS i ON a.t (x)", Created("INDEX", "a", "i", if_not_exists=True)),
        ("CREATE INDEX ON t (x)", Created("INDEX", "", "", if_not_exists=False)),
        ("CREATE SCHEMA AUTHORIZATION joe", Created("SCHEMA", "", "joe", if_not_exists=False)),
        ("CREATE USER joe", Created("ROLE", "", "joe", if_not_exists=False)),
        ("CREATE DATABASE d", Created("DATABASE", "", "d", if_not_exists=False)),
        ("CREATE LANGUAGE plfoo", Created("EXTENSION", "", "plfoo", if_not_exists=False)),
        ("CREATE PROCEDURE a.p(int) LANGUAGE sql AS ''", Created("PROCEDURE", "a", "p", if_not_exists=False)),
        ("CREATE TYPE a.e AS ENUM ()", Created("TYPE", "a", "e", if_not_exists=False)),
        ("CREATE TYPE r AS RANGE (subtype = int)", Created("TYPE", "", "r", if_not_exists=False)),
        ("CREATE DOMAIN a.d AS int", Created("DOMAIN", "a", "d", if_not_exists=False)),
        (
            "CREATE TRIGGER g BEFORE INSERT ON a.t EXECUTE FUNCTION f()",
            Created("TRIGGER", "", "g", if_not_exists=False),
        ),
        ("CREATE AGGREGATE a.s (int) (sfunc = f, stype = int)", Created("AGGREGATE", "a", "s", if_not_exists=False)),
        ("INSERT INTO t SELECT 1", None),
        ("SELECT 1", None),
        ("COPY t TO STDOUT", None),
        ("DO 'BEGIN CREATE TABLE t (); END'", None),
        ("ALTER TABLE t ADD COLUMN c int", None),
        ("GRANT a TO b", None),
    ],
)
def test_what_is_created(text, expected):
    assert sql.created(statement(text)) == expected


@pytest.mark.parametrize(
    ("ask", "text", "expected"),
    [
        (
            sql.dropped,
            "DROP TABLE IF EXISTS a.t, u CASCADE",
            DropStatement("TABLE", ("a.t", "u"), if_exists=True, cascade=True),
        ),
        (sql.dropped, "DROP FUNCTION a.f(int)", DropStatement("FUNCTION", ("a.f",), if_exists=False)),
        (sql.dropped, "DROP TRIGGER g ON a.t", DropStatement("TRIGGER", ("a.t.g",), if_exists=False)),
        (sql.dropped, "DROP ROLE joe", None),
        (sql.dropped, "ALTER TABLE t DROP COLUMN c", None),
        (sql.renamed, "ALTER TABLE a.t RENAME TO u", Rename("TABLE", Relation("a", "t"), "u", set_schema=False)),
        (sql.renamed, "ALTER VIEW v RENAME COLUMN c TO d", Rename("COLUMN", Relation("", "v"), "d", set_schema=False)),
        (sql.renamed, "ALTER TABLE t SET SCHEMA a", Rename("TABLE", Relation("", "t"), "a", set_schema=True)),
        (sql.renamed, "ALTER ROLE r RENAME TO s", Rename("ROLE", None, "s", set_schema=False)),
        (sql.renamed, "ALTER TABLE t OWNER TO joe", None),
        (sql.relation, "CREATE INDEX i ON a.t (x)", Relation("a", "t")),
        (sql.relation, "CREATE POLICY p ON pg_temp.t", Relation("pg_temp", "t", temporary=True)),
        (sql.relation, "ALTER TYPE t RENAME TO u", None),
        (sql.relation, "DROP TABLE t", None),
        (sql.comment_on, "COMMENT ON COLUMN a.t.c IS 'x'", CommentOn("COLUMN", ("a", "t", "c"), "x")),
        (sql.comment_on, "COMMENT ON CONSTRAINT k ON a.t IS NULL", CommentOn("CONSTRAINT", ("a", "t", "k"), "")),
        (sql.comment_on, "SELECT 'COMMENT ON TABLE t'", None),
        (sql.setting, "SET LOCAL search_path = a, 'B'", Setting("search_path", ("a", "B"))),
        (sql.setting, "RESET search_path", Setting("search_path", ())),
        (sql.setting, "SHOW search_path", None),
        (sql.setting, "SET CONSTRAINTS ALL DEFERRED", None),
        (
            sql.index,
            "CREATE UNIQUE INDEX ON a.t (x, y)",
            Index(Relation("a", "t"), ("x", "y"), unique=True, partial=False),
        ),
        (
            sql.index,
            "CREATE INDEX i ON t (lower(x)) WHERE y",
            Index(Relation("", "t"), ("",), unique=False, partial=True),
        ),
        (sql.parents, "CREATE TABLE t () INHERITS (a.p, q)", (Relation("a", "p"), Relation("", "q"))),
        (sql.parents, "CREATE TABLE t PARTITION OF p DEFAULT", (Relation("", "p"),)),
        (sql.parents, "CREATE TABLE t (LIKE p)", ()),
        (sql.with_objects, "CREATE SCHEMA a CREATE TABLE t ()", True),
        (sql.with_objects, "CREATE SCHEMA a", False),
        (sql.functions_called, "INSERT INTO t SELECT a.f(g(1))", frozenset({"f", "g"})),
        (sql.functions_called, "DO 'BEGIN PERFORM f(); END'", frozenset()),
        (sql.extension, "CREATE EXTENSION x", Extension("x", None, None, if_not_exists=False, cascade=False)),
        (
            sql.extension,
            "CREATE EXTENSION IF NOT EXISTS \"Y\" SCHEMA s VERSION '2' CASCADE",
            Extension("Y", "s", "2", if_not_exists=True, cascade=True),
        ),
        (sql.extension, "ALTER EXTENSION x UPDATE", None),
        (
            sql.alterations,
            "ALTER TABLE t ADD IF NOT EXISTS a int, DROP b, ALTER c SET NOT NULL, ADD CONSTRAINT k CHECK (true)",
            (
                Alteration("ADD COLUMN", "a", guarded=True),
                Alteration("DROP COLUMN", "b", guarded=False),
                Alteration("ALTER COLUMN SET NOT NULL", "c", guarded=False),
                Alteration("ADD CONSTRAINT", "k", guarded=False),
            ),
        ),
        (sql.alterations, "ALTER TABLE t RENAME a TO b", ()),
    ],
)
def test_what_a_statement_says(ask, text, expected):
    assert ask(statement(text)) == expected


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("ALTER TABLE t RENAME TO u", True),
        ("CREATE TYPE t AS (a int)", True),
        ("DROP VIEW v", True),
        ("ALTER FUNCTION f() SET SCHEMA a", True),
        ("ALTER DATABASE d RENAME TO e", False),
        ("ALTER ROLE r RENAME TO s", False),
        ("ALTER TABLESPACE x RENAME TO y", False),
        ("CREATE ROLE r", False),
        ("CREATE TABLE t AS SELECT f()", False),
        ("SELECT 1 INTO t", False),
        ("ALTER TYPE e ADD VALUE 'x'", False),
    ],
)
def test_what_only_makes_objects_of_its_database(text, only):
    assert only_objects(statement(text)) is only


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("CREATE TABLE IF NOT EXISTS t ()", True),
        ("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int, ADD IF NOT EXISTS b int", True),
        ("ALTER TABLE t ADD COLUMN IF NOT EXISTS a int, ALTER b SET NOT NULL", False),
        ("CREATE TABLE IF NOT EXISTS t AS SELECT f()", False),
        ("CREATE TABLE t ()", False),
        ("COMMENT ON TABLE t IS 'x'", True),
    ],
)
def test_what_asks_first_whether_it_is_there(text, asks):
    assert asks_first(statement(text)) is asks


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("BEGIN; SELECT 1; COMMIT", True),
        ("SELECT 1; SELECT 2", True),
        ("BEGIN; SAVEPOINT a; ROLLBACK TO a; END", True),
        ("BEGIN; SELECT 1; COMMIT AND CHAIN", False),
        ("BEGIN; SELECT 1", False),
        ("COMMIT", False),
        ("BEGIN; ROLLBACK", False),
        ("BEGIN; PREPARE TRANSACTION 'x'", False),
    ],
)
def test_what_fits_into_a_transaction_of_ours(text, fits):
    assert fits_inside(statements(text)) is fits


# --- only `sql` reads the parse tree ----------------------------------------------------------------------------------

OUTSIDE = sorted(path for path in PACKAGE.rglob("*.py") if (PACKAGE / "sql") not in path.parents)
_grammar: Any = import_module("postgast.pg_query_pb2")
NODES = {field.name: field.message_type.name for field in _grammar.Node.DESCRIPTOR.fields}
"""Each field of a node that holds another, and the name of that."""
VALUES = {
    value
    for node in _grammar.Node.DESCRIPTOR.fields
    for field in node.message_type.fields
    if field.enum_type
    for value in field.enum_type.values_by_name
    if "_" in value
}


def reads_of_nodes(source: str) -> list[str]:
    """Where a module reads the parse tree: the private field, a field of the grammar, or one of its names as a text."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            name = node.attr
            if name in {"_tree", "DESCRIPTOR", "WhichOneof", "HasField"} or (name in NODES and "_" in name):
                found.append(f"{node.lineno}: .{name}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            if (
                (text in NODES and text.endswith("_stmt"))
                or text in VALUES
                or (text in NODES.values() and "Stmt" in text)
            ):
                found.append(f"{node.lineno}: {text!r}")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pytest_ctb.sql."):
            found.append(f"{node.lineno}: {node.module}")
    return found


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_but_those_of_sql_reads_a_node(path):
    assert reads_of_nodes(path.read_text(encoding="utf-8")) == []


def test_reads_of_nodes_are_seen():
    """In all the ways in which the package once read them; plain words are none."""
    assert reads_of_nodes("s._tree.relation") == ["1: ._tree"]
    assert reads_of_nodes("o.def_elem, cmd.alter_table_cmd.name") == ["1: .def_elem", "1: .alter_table_cmd"]
    assert reads_of_nodes("'create_stmt'\n'CreateStmt'") == ["1: 'create_stmt'", "2: 'CreateStmt'"]
    names = reads_of_nodes("kind == 'TRANS_STMT_BEGIN' or 'OBJECT_TABLE'")
    assert set(names) == {"1: 'TRANS_STMT_BEGIN'", "1: 'OBJECT_TABLE'"}
    assert reads_of_nodes("from pytest_ctb.sql.tree import enum") == ["1: pytest_ctb.sql.tree"]
    assert reads_of_nodes("from pytest_ctb.sql import created\nname = key.name; 'CREATE TABLE'; x.string; 'list'") == []


def test_sql_hands_no_node_out():
    """A node has no type that mypy knows, so it could only come as Any: no function or record says that."""
    for name in sql.__all__:
        value = getattr(sql, name)
        hints = value.__annotations__ if inspect.isclass(value) else getattr(value, "__annotations__", {})
        assert "Any" not in str(hints), name
