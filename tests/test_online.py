"""The pack `online`: each case has exactly the findings that it says, on each kind of server."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from machine import oldest_and_newest, replay, server_of
from online_cases import BEFORE, THEMES, before, cases, every_case
from pytest_ctb.config.packaged import packaged_by_name
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.blocking import split_migration
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.model import Trial
from pytest_ctb.repository.folders import load

PACK = packaged_by_name()["online"]
PROFILE = """
extends: online
guidelines:
  lock-timeout:
    options:
      session: {session}
"""


@pytest.fixture(scope="module", params=oldest_and_newest(), ids=str)
def each(request):
    """A running server of the oldest and the newest major version."""
    with server_of(request.param) as started:
        yield started


@pytest.fixture(scope="module")
def given():
    """A server that gives no superuser."""
    with server_of("managed") as started:
        yield started


def write(root: Path, files: dict[str, str]) -> None:
    """Lay files out below a folder."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")


def replayed(server, root: Path):
    """The repository in a folder, and what was seen of it."""
    repository = load(root, [root / "migrations"], [])
    return repository, replay(repository, server, trials=[Trial.ON_ROWS])


def found(server, root: Path, files: dict[str, str], *, session: str = "5s", sizes=None):
    """The findings of the pack in a history, by file; what cannot be judged finds nothing."""
    write(root, {**files, "rules/_profile.yml": PROFILE.format(session=session or "''")})
    suite = load_suite(root, [root / "migrations"], [], root / "rules", sizes=sizes)
    seen = replay(suite.repository, server, trials=suite.trials, queries=suite.queries)
    assert not {path: file.error or file.trouble for path, file in seen.files.items() if not file.applied}
    findings = []
    for question in (question for questions in suite.questions.values() for question in questions):
        try:
            findings += judge(question, seen)
        except NotJudgedError:
            continue
    return findings


_MANY = 8
"""So many cases are one history: a copy of a large database takes long."""
SOME = [(theme, first) for theme in THEMES for first in range(0, len(cases(theme)), _MANY)]


@pytest.mark.parametrize(("theme", "first"), SOME)
def test_each_case_has_the_findings_that_it_says(each, theme, first, tmp_path):
    _as_the_cases_say(each, theme, first, tmp_path)


@pytest.mark.parametrize(
    ("theme", "first"),
    [some for some in SOME if some[0] in {"application", "bodies", "cascade", "constraints", "plans"}],
)
def test_without_a_superuser_the_findings_are_the_same(given, theme, first, tmp_path):
    """Where the server tells less: what went by CASCADE, what a body did."""
    _as_the_cases_say(given, theme, first, tmp_path, unseen=UNSEEN)


UNSEEN = {"application: a label gets another name"}
"""What ON06 does not see without a superuser: no event trigger tells of the type."""


def _as_the_cases_say(server, theme, first, tmp_path, unseen=frozenset()):
    some = cases(theme)[first : first + _MANY]
    files = {BEFORE: "\n".join(case.of(before()) for case in some)}
    files |= {case.path: case.of(case.sql) for case in some}
    files |= {f"migrations/2020-01-0{day}_create_more.sql": "SELECT 1;" for day in (1, 2, 3)}
    findings = found(server, tmp_path, files, session="" if theme == "lock-timeout" else "5s")
    by_file: dict[str, Counter] = {case.path: Counter() for case in some}
    for finding in findings:
        by_file[finding.file][finding.code, finding.line] += 1
    wrong = {
        str(case): (
            sorted((by_file[case.path] - case.expected).items()),
            sorted((case.expected - by_file[case.path]).items()),
        )
        for case in some
        if by_file[case.path] != case.expected
    }
    assert wrong.keys() == unseen & {str(case) for case in some}, (
        "found and not expected, expected and not found: " + "\n".join(map(str, wrong.items()))
    )
    assert not any("{" in finding.message for finding in findings)
    works = [finding for finding in findings if finding.code in {"ON01", "ON02", "ON05"}]
    assert all(" per million rows" in finding.details for finding in works)


@pytest.mark.parametrize("code", [f"ON{number:02}" for number in range(1, 11)])
def test_each_guideline_has_twenty_firing_and_twenty_quiet_cases(code):
    """Quiet ones that are about the same: of a theme in which it fires elsewhere."""
    firing = [case for case in every_case() if any(name == code for name, _ in case.expected)]
    themes = {case.theme for case in firing}
    assert len(firing) >= 20
    assert len([case for case in every_case() if case.theme in themes and case not in firing]) >= 20


LOCKS = [
    case
    for case in every_case()
    if {code for code, _ in case.expected} & {"ON01", "ON02"}
    and case.theme in {"constraints", "columns", "indexes", "partitions"}
]
"""The cases that block, and whose text says what they do."""
NO_OTHER_WAY = {
    "a column of a constrained domain",
    "a primary key of a partitioned table",
    "an exclusion constraint",
    "an identity column",
    "a serial column",
    "cluster",
    "unlogged",
    "vacuum full",
}


@pytest.mark.parametrize("first", range(0, len(LOCKS), 8))
def test_the_safe_way_is_quiet(each, first, tmp_path):
    """Each case as the files of the safe way, in the place of the one that blocks, blocks nobody."""
    some = [replace(case, number=number) for number, case in enumerate(LOCKS[first : first + 8])]
    base = {BEFORE: "\n".join(case.of(before()) for case in some)}
    files = {case.path: case.of(case.sql) for case in some}
    write(tmp_path / "before", base | files)
    repository, seen = replayed(each, tmp_path / "before")
    ways = {case: split_migration(PACK, repository, repository.by_path[case.path], seen) for case in some}
    assert {case.name for case, way in ways.items() if way.kept} == {case.name for case in some} & NO_OTHER_WAY
    split = {
        replace(case, number=case.number * 25 + number).path: step.sql if step.alone else f"BEGIN;\n{step.sql}\nCOMMIT;"
        for case, way in ways.items()
        for number, step in enumerate(way.files)
        if not way.kept
    }
    assert all(way.files for way in ways.values() if not way.kept)
    findings = found(each, tmp_path / "after", base | split)
    assert [finding for finding in findings if finding.code in {"ON01", "ON02", "ON03"}] == []
