"""Work shared among processes: the answers, the findings and the errors are those of one process."""

from __future__ import annotations

import datetime
import os
import pickle
import time
from dataclasses import replace

import pytest

import sample
from pytest_ctb.cli.check import judged
from pytest_ctb.cli.project import find
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide import judge as audit
from pytest_ctb.model import shares
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.sql.tree import parse_tree

pytestmark = pytest.mark.skipif(not shares.FORKS, reason="no process can be forked safely")

MANY = range(3 * shares.ENOUGH + 1)
HERE = os.getpid()
BODIES = (
    "CREATE TABLE IF NOT EXISTS shop.item_{0} (id bigint PRIMARY KEY);\n",
    "CREATE TABLE shop.item_{0} (id bigint PRIMARY KEY);\n",
    "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS a int,\n    ADD COLUMN b_{0} int;\n",
    "DO $$ BEGIN\n  ALTER TABLE shop.item DROP COLUMN a_{0};\nEND $$;\n",
    "SELEC {0};\n",
    "-- ctb:allow if-not-exists: so be it\nCREATE INDEX item_{0} ON shop.item (name);\n",
    "COPY shop.item (id) FROM stdin;\n{0}\n\\.\n",
    "\\set a 1\nSELECT :a, :'b';\n",
)


@pytest.fixture
def many(tmp_path, monkeypatch):
    """A repository of many files, which break the guide in several ways, among each other too."""
    sample.write(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for number in MANY:
        date = (datetime.date(2025, 11, 1) + datetime.timedelta(number // 3)).isoformat()
        body = BODIES[number % len(BODIES)].format(number)
        text = sample.migration(body, unique_id=f"{number // 2:08}", date=date)
        (tmp_path / f"migrations/{date}_file_{number}.sql").write_text(text)
    (tmp_path / "migrations/2025-12-01_zero.sql").write_bytes(b"SELECT 1;\0")
    (tmp_path / "migrations/2025-12-01_needs_itself.sql").write_text("-- Depends on: nothing.sql\nSELECT 1;\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(root, processes, *, telling=False):
    project = replace(find(root), processes=processes, telling=telling)
    return judged(project, project.chosen(()))


def slowly(one):
    """So that every process gets something to do."""
    time.sleep(0.002)
    return one, os.getpid()


def test_each_answer_stands_where_it_belongs():
    found = shares.shared(slowly, MANY, 3)
    assert [one for one, _ in found] == list(MANY)
    assert len({process for _, process in found}) == 3


@pytest.mark.parametrize(("number", "most"), [(shares.ENOUGH * 2 - 1, 8), (1000, 1), (0, 8)])
def test_a_few_are_not_shared(number, most):
    assert set(shares.shared(lambda _: os.getpid(), range(number), most)) <= {HERE}


@pytest.mark.parametrize("bad", [0, 1, 100])
def test_an_error_comes_out_of_this_process(bad):
    def work(one):
        if one >= bad:
            raise ConfigError(f"{one} in {os.getpid()}")
        return one

    with pytest.raises(ConfigError, match=f"^{bad} in {HERE}$"):
        shares.shared(work, MANY, 2)


def test_what_another_process_cannot_send_is_found_in_this_one():
    found = shares.shared(lambda one: lambda: one, MANY, 2)
    assert [one() for one in found] == list(MANY)


def test_a_process_that_dies_is_made_up_for():
    def work(one):
        if os.getpid() != HERE:
            os._exit(0)
        return one

    assert shares.shared(work, MANY, 2) == list(MANY)


def test_no_process_is_left(tmp_path):
    def work(one):
        if os.getpid() == HERE:
            while len(list(tmp_path.iterdir())) < 2:
                time.sleep(0.001)
            raise ConfigError("no")
        (tmp_path / str(os.getpid())).touch()
        return slowly(one)

    with pytest.raises(ConfigError):
        shares.shared(work, MANY, 3)
    others = [int(one.name) for one in tmp_path.iterdir()]
    assert len(others) == 2
    for process in others:
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_the_findings_are_the_same(many):
    alone, shared = told(many, 1), told(many, 2)
    assert shared == alone
    assert told(many, 2, telling=True) == told(many, 1, telling=True) == alone
    assert {one.code for one in alone[0]} > {"CT04", "CT05", "CT06", "CT07", "CT08", "CT17"}
    assert any("not text" in one for one in alone[1])


def test_a_check_of_the_text_is_given_every_guideline_when_it_is_asked_at_once_too(many, monkeypatch):
    given = []
    own = audit.check_of

    def listened(guideline):
        found = own(guideline)
        if guideline.id != "file-name":
            return found

        def function(case):
            given.append(sorted(case.guide))
            return found.function(case)

        return replace(found, function=function, by_text=function)

    monkeypatch.setattr(audit, "check_of", listened)
    asked = told(many, 1)
    count = len(given)
    assert told(many, 1, telling=True) == asked
    assert len(given) == 2 * count > 2 * len(MANY)
    assert all({"CT05", "transaction"} < set(one) for one in given)
    assert {len(one) for one in given} == {len(given[0])}


def test_what_is_read_is_the_same(many):
    alone, shared = (replace(find(many), processes=number).repository for number in (1, 2))
    assert shared.migrations == alone.migrations
    assert shared.order == alone.order
    for one, other in zip(alone.migrations, shared.migrations, strict=True):
        for mine, sent in zip(one.statements, other.statements, strict=True):
            assert list(map(parse_tree, sent.walk())) == list(map(parse_tree, mine.walk()))


def test_a_file_that_was_sent_twice_keeps_all_of_it():
    one = parse_migration(b"-- Rollback: none, because\nSELECT 1; -- a", "a.sql")
    once = pickle.loads(pickle.dumps(one))
    assert pickle.loads(pickle.dumps(once)) == once == one
    assert replace(once, version="1").statements == one.statements
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        _ = once.nothing_of_this_name


def test_a_statement_that_was_sent_twice_keeps_its_node():
    (statement,) = parse_migration(b"SELECT 1;", "a.sql").statements
    once = pickle.loads(pickle.dumps(statement))
    assert parse_tree(pickle.loads(pickle.dumps(once))) == parse_tree(statement)
    with pytest.raises(AttributeError, match="nothing_of_this_name"):
        _ = once.nothing_of_this_name


@pytest.mark.parametrize("broken", ["migrations/2025-11-02_file_5.sql", "migrations/2026-01-24_file_253.sql"])
def test_a_check_that_crashes_does_so_as_in_one_process(many, monkeypatch, broken):
    answer = audit.answer

    def crashing(question, evidence):
        if question.subject == broken:
            raise RuntimeError(f"no such luck with {question.subject}")
        return answer(question, evidence)

    assert (many / broken).is_file()
    monkeypatch.setattr("pytest_ctb.guide.judge.answer", crashing)
    said = []
    for processes, telling in ((1, False), (2, False), (2, True)):
        with pytest.raises(RuntimeError, match=f"no such luck with {broken}") as crash:
            told(many, processes, telling=telling)
        said.append([(one.path, one.lineno) for one in crash.traceback if one.path.name in {"check.py", "audit.py"}])
    assert said[0] == said[1] == said[2]


def test_a_file_that_cannot_be_read_is_named(many):
    last = max((many / "migrations").glob("*.sql"))
    last.unlink()
    last.symlink_to("nowhere")
    errors = []
    for processes in (1, 2):
        with pytest.raises(ConfigError, match="cannot be read") as error:
            told(many, processes)
        errors.append(str(error.value))
    assert errors[0] == errors[1]
    assert last.name in errors[0]
