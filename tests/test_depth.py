"""However deep a statement nests: it is read as deep as a server runs it, and never ends the process."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
import threading

import pytest

from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.sql import equivalent, fingerprint, names_in, rollback_block
from pytest_ctb.sql.lexer import nesting
from pytest_ctb.sql.stack import LARGEST, TooDeepError, call_with_stack
from pytest_ctb.sql.tree import parse_tree

DEEP = {
    "operators": lambda n: "SELECT 1" + "-1" * n,
    "texts": lambda n: "SELECT 'x'" + " || 'x'" * n,
    "signs": lambda n: "SELECT " + "- " * n + "a",
    "NOT": lambda n: "SELECT " + "NOT " * n + "a",
    "parentheses": lambda n: "SELECT " + "(" * n + "1" + ")" * n,
    "calls": lambda n: "SELECT " + "f(" * n + "1" + ")" * n,
    "calls with commas": lambda n: "SELECT " + "f(1," * n + "1" + ")" * n,
    "CASE": lambda n: "SELECT " + "CASE WHEN a THEN b ELSE " * n + "a" + " END" * n,
    "subselects": lambda n: "SELECT " + "(SELECT " * n + "1" + ")" * n,
    "subselects in FROM": lambda n: "SELECT 1 FROM " + "(SELECT 1 FROM " * n + "a" + ") a" * n,
    "AND": lambda n: "SELECT a" + " AND a" * n,
    "AND and OR": lambda n: "SELECT a" + " AND (a OR a" * n + ")" * n,
    "arrays": lambda n: "SELECT ARRAY" + "[" * n + "1" + "]" * n,
    "subscripts": lambda n: "SELECT " + "a[" * n + "1" + "]" * n,
    "casts": lambda n: "SELECT 1" + "::int" * n,
    "COLLATE": lambda n: "SELECT a" + " COLLATE b" * n,
    "UNION": lambda n: "SELECT 1, 2" + " UNION ALL SELECT 1, 2" * n,
    "JOIN": lambda n: "SELECT 1 FROM a" + " CROSS JOIN a" * n,
    "WITH": lambda n: "WITH a AS (" * n + "SELECT 1" + ") SELECT 1" * n,
    "rows": lambda n: "INSERT INTO t VALUES (1, -2, 'a, (')" + ", (1, -2, E'\\'), (')" * n,
    "a list": lambda n: "SELECT 1 IN (1" + ",1" * n + ")",
    "fields": lambda n: "SELECT a" + ".b" * n,
    "a long name": lambda n: "SELECT " + "a" * n,
    "types of arguments": lambda n: "CREATE FUNCTION f(a numeric(1" + "-1" * n + ")) RETURNS int LANGUAGE sql AS ''",
    "texts that are run": lambda n: "DO $$ BEGIN EXECUTE 'SELECT 1'" + " || ' + 1'" * n + "; END $$",
    "IF": lambda n: "DO $$ BEGIN " + "IF a THEN " * n + "NULL; " + "END IF; " * n + "END $$",
    "BEGIN": lambda n: "DO $$ " + "BEGIN " * n + "NULL; " + "END; " * n + "$$",
    "comments": lambda n: "SELECT " + "/*" * n + "*/" * n + " 1",
}
"""Statements of that depth."""
RUN = {
    "operators": 3000, "texts": 3000, "signs": 3000, "NOT": 3000, "parentheses": 3000, "calls": 3000, "CASE": 1500, "subselects": 1500, "AND": 10_000,
    "casts": 8000, "UNION": 5000, "JOIN": 1000, "rows": 100_000, "a list": 10_000, "fields": 100, "a long name": 1_000_000, "texts that are run": 3000,
    "IF": 100, "BEGIN": 100,
}  # fmt: skip
"""How deep a server runs them, at least (max_stack_depth as it comes), or what no file holds more of."""


def file(text):
    return parse_migration(f"{text};\n".encode(), "migrations/2025-10-23_add_x.sql")


@pytest.mark.parametrize("name", RUN)
def test_what_a_server_runs_is_read(name):
    (one,) = file(DEEP[name](RUN[name])).statements
    assert (one.problem, one.unread) == (None, "")
    there = pickle.loads(pickle.dumps(one))  # as another process gets it
    assert parse_tree(there) == parse_tree(one)


def test_what_a_body_puts_together_is_read():
    (one,) = file(DEEP["texts that are run"](3000)).statements
    assert [inner.sql for inner in one.inner] == ["SELECT 1" + " + 1" * 3000]


@pytest.mark.parametrize("name", DEEP)
def test_nothing_ends_the_process(name, tmp_path):
    """What nests too deep has a finding that says so, and the file beside it has its verdict."""
    (folder := tmp_path / "migrations").mkdir()
    (tmp_path / "pyproject.toml").touch()
    names = [f"2025-10-{10 + number}_add_x.sql" for number in range(3)]
    for path, depth in zip(names, (3000, 9000, 60_000), strict=True):
        (folder / path).write_text(DEEP[name](min(depth, 9000) if name == "comments" else depth) + ";\n")
    (folder / "2025-10-20_add_y.sql").write_text("ALTER TABLE t DROP COLUMN a;\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest_ctb.cli", "check"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert "2025-10-20_add_y.sql:1:15" in done.stdout, done.stdout[-2000:]


@pytest.mark.parametrize("name", DEEP)
def test_what_follows_the_reading_holds_as_well(name):
    (one,) = file(DEEP[name](2000)).statements
    assert fingerprint(one)
    names_in([one])
    if one.tag:
        assert equivalent(one.sql, one.sql)
        rollback_block([one], set())


def test_in_a_thread_with_a_small_stack():
    found = []
    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(
            target=lambda: found.extend(pickle.loads(pickle.dumps(file(DEEP["operators"](5000)).statements)))
        )
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    assert parse_tree(found[0]).target_list
    assert threading.active_count() == 1 or all("ctb-stack" not in one.name for one in threading.enumerate())


def test_bodies_in_bodies():
    text = "SELECT 1"
    for number in range(40):
        text = f"DO $a{number}$ BEGIN EXECUTE $b{number}$ {text} $b{number}$; END $a{number}$"
    (one,) = file(text).statements
    assert any(each.unread for each in one.walk())


def test_what_raises_is_raised_where_it_was_asked():
    with pytest.raises(ZeroDivisionError):
        call_with_stack(LARGEST, lambda: 1 / 0)
    with pytest.raises(TooDeepError):
        call_with_stack(LARGEST + 1, int)
    assert call_with_stack(LARGEST, threading.current_thread) is not threading.current_thread()
    assert call_with_stack(1, threading.current_thread) is threading.current_thread()


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("SELECT (1), (2), (3), 'a, b, (c', $$((($$, \"((\", E'\\'((', /* (((( */ 4 -- ((((", 60),
        ("VALUES " + ",".join(["(1, 2, (3, -4), 'x')"] * 1000), 40),
        ("SELECT " + "a" * 5000 + " " * 5000 + "1" * 5000, 20),
        ("SELECT 1, 2 " + "UNION SELECT 1, 2 " * 1000, 6000),
    ],
)  # fmt: skip
def test_what_stands_side_by_side_does_not_nest(text, bound):
    assert nesting(text) < bound


@pytest.mark.parametrize(
    "name", [name for name in DEEP if "that" not in name and name not in {"IF", "BEGIN", "comments"}]
)
@pytest.mark.parametrize("depth", [3, 40, 300])
def test_the_bound_is_one(name, depth):
    """A character more or less: 512 bytes are reckoned for each, and half of that was seen."""
    text = DEEP[name](depth)
    (one,) = file(text).statements
    deepest, left = 0, [(parse_tree(one), 3)]
    while left:
        node, level = left.pop()
        deepest = max(deepest, level)
        for field, value in node.ListFields():
            if field.type == field.TYPE_MESSAGE:
                left += [(child, level + 1) for child in (value if field.is_repeated else [value])]
    assert deepest < 1.5 * nesting(text) + 20


def test_a_migration_that_another_process_gets_is_the_same():
    """Its trees go as bytes, also those that nest deeper than pickle, and are read when they are asked for."""
    deep = " || ".join(["'x'"] * 4_000)
    text = (
        f"CREATE TABLE s.t (id int);\nDO $$ BEGIN\n  ALTER TABLE s.t DROP COLUMN a;\nEND $$;\nSELECT {deep};\nSELEC;\n"
    )
    migration = parse_migration(text.encode(), "a.sql")
    once = pickle.loads(pickle.dumps(migration))
    twice = pickle.loads(pickle.dumps(once))
    assert twice == once == migration
    for copy in (once, twice):
        for before, after in zip(migration.statements, copy.statements, strict=True):
            trees = [[parse_tree(inner) for inner in statement.walk()] for statement in (before, after)]
            assert trees[0] == trees[1]
    assert dataclasses.replace(once, version="1").statements == migration.statements
