"""One judge: what a question is answered with, with evidence, without it, and where a file is all that is known."""

from __future__ import annotations

from dataclasses import replace

import pytest

import sample
from pytest_ctb.checks import NoOptions, Scope
from pytest_ctb.cli.check import new_findings, results_of, unjudged
from pytest_ctb.cli.project import find
from pytest_ctb.errors import ConfigError, NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import by_name, question_of_file
from pytest_ctb.model import Baseline
from pytest_ctb.repository.baseline import entries

BODIES = (
    "CREATE TABLE IF NOT EXISTS shop.item_{0} (id bigint PRIMARY KEY);\n",
    "CREATE TABLE shop.item_{0} (id bigint PRIMARY KEY);\n",
    "ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS a int,\n    ADD COLUMN b_{0} int;\n",
    "DO $$ BEGIN\n  ALTER TABLE shop.item DROP COLUMN a_{0};\nEND $$;\n",
    "SELEC {0};\n",
    "-- ctb:allow if-not-exists: so be it\nCREATE INDEX item_{0} ON shop.item (name);\n",
)
ZERO = "migrations/2025-12-01_zero.sql"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository of files that break the guide in several ways, among each other too."""
    sample.write(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for number, body in enumerate(BODIES):
        text = sample.migration(body.format(number), unique_id=f"{number // 2:08}", date="2025-11-01")
        (tmp_path / f"migrations/2025-11-01_file_{number}.sql").write_text(text)
    (tmp_path / ZERO).write_bytes(b"SELECT 1;\0")
    (tmp_path / "migrations/2025-12-01_needs_itself.sql").write_text("-- Depends on: nothing.sql\nSELECT 1;\n")
    monkeypatch.chdir(tmp_path)
    return find(tmp_path)


def questions(project):
    return [question for asked in project.suite.questions.values() for question in asked]


def one_question(project, guideline, file):
    (question,) = (one for one in questions(project) if (one.name, one.file) == (guideline, f"migrations/{file}.sql"))
    return question


def answer(question):
    """The findings, or why there are none."""
    try:
        return judge(question)
    except NotJudgedError as error:
        return str(error)


def test_without_evidence_each_question_is_answered_as_far_as_the_text_tells(project):
    """`ctb check`: what a live check can say of a file by its text; of the schema nothing."""
    answers = {(question.guideline.id, question.file): answer(question) for question in questions(project)}
    of_schema = [answers[name, file] for name, file in answers if name == "required-tables"]
    assert of_schema == [()]
    (dropped,) = answers["no-drop-column", "migrations/2025-11-01_file_3.sql"]
    assert (dropped.message.count("a_3"), dropped.status) == (1, "new")
    assert answers["keep-data", "migrations/2025-11-01_file_1.sql"] == ()
    assert answers["no-drop-column", ZERO] == "the file is not text: it holds a NUL byte"
    assert answers["replay", ZERO] == ()
    results = results_of([(project.suite, project.repository.migrations)])
    findings = new_findings(results)
    assert {finding.code for finding in findings} > {"CT04", "CT05", "CT06", "CT07", "CT08", "CT17"}
    assert any("not text" in line for line in unjudged(results))
    assert sorted({finding.file for finding in findings} - set(project.repository.by_path)) == []


def test_a_file_alone_is_judged_as_among_all_files_by_what_needs_it_alone(project):
    """What needs the other files says nothing of it, where it would otherwise say something wrong."""
    guide = by_name(project.suite.guidelines)
    for question in questions(project):
        if question.check.scope in (Scope.SCHEMA, Scope.BASE, Scope.BASELINE):
            continue
        alone = question_of_file(question.guideline, question.migration, guide=guide)
        assert answer(alone) == (answer(question) if question.check.by_text else ())


def test_a_check_of_the_text_is_given_every_guideline(project):
    given = []

    def listen(case):
        given.append(set(case.guide))
        yield from ()

    question = one_question(project, "no-drop-column", "2025-11-01_file_1")
    check = replace(question.check, function=listen, by_text=listen)
    assert judge(question._replace(check=check)) == ()
    assert {"CT05", "transaction"} < given[0]


def test_what_is_allowed_and_what_is_known_is_marked_in_each_way(project):
    question = one_question(project, "if-not-exists", "2025-11-01_file_5")
    assert [finding.status for finding in judge(question)] == ["allowed"]
    question = one_question(project, "if-not-exists", "2025-11-01_file_1")
    (finding,) = judge(question)
    known = Baseline("known.json", entries([(finding, question.migration)], "since ever"))
    for asked in (question._replace(baseline=known), question_of_file(question.guideline, question.migration, known)):
        assert [(one.status, one.reason) for one in judge(asked)] == [("baselined", "since ever")]


def test_a_check_that_crashes_is_not_silenced(project):
    def crash(case):
        raise RuntimeError(f"no such luck with {case.subject}")
        yield

    question = next(one for one in questions(project) if one.name == "transaction")
    for asked in (question, question_of_file(question.guideline, question.migration)):
        with pytest.raises(RuntimeError, match="no such luck with migrations/"):
            judge(asked._replace(check=replace(asked.check, function=crash, by_text=crash)))


def test_a_file_that_cannot_be_read_is_named(project):
    last = max((project.root / "migrations").glob("*.sql"))
    last.unlink()
    last.symlink_to("nowhere")
    with pytest.raises(ConfigError, match=f"{last.name}: cannot be read"):
        results_of([(project.suite, project.chosen(()))])


def test_what_was_found_before_a_check_gave_up_is_a_finding_all_the_same(project):
    def half(case):
        yield case.finding(case.migration.statements[0].position, "found")
        raise NotJudgedError("gave up")

    def nothing(_):
        raise NotJudgedError("gave up")
        yield

    question = next(one for one in questions(project) if one.name == "transaction")
    assert question.check.options is NoOptions
    (finding,) = judge(question._replace(check=replace(question.check, function=half)))
    assert finding.message == "found"
    with pytest.raises(NotJudgedError, match="gave up"):
        judge(question._replace(check=replace(question.check, function=nothing)))
