"""The guidelines of the packs, on a real Postgres: their examples, and files whose lines say what is found there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from machine import replay
from pytest_ctb.checks import checks
from pytest_ctb.config.packaged import packaged
from pytest_ctb.guide import guideline_files as guidelines
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite
from registry import OPTIONS
from registry import PACKS as EVERY

PACKS = {
    file.stem: file.parent for file in sorted((packaged() / "packs").glob("*/*.yml")) if "\nquery:" in file.read_text()
}
"""The guidelines about the schema; those about what a file does have cases of their own (test_online.py)."""
HERE = Path(__file__).parent / "packs"
FILE = "migrations/2025-10-23_create_case.sql"
_EXPECT = re.compile(r" *-- expect ?(\d*)$")


def guideline(name: str):
    (found,) = [one for one in guidelines.load(Path.cwd(), PACKS[name], OPTIONS) if one.id == name]
    return found


def judged(root: Path, server, name: str, sql: str):
    """What a guideline of a pack says of one file."""
    path = root / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sql, "utf-8")
    suite = load_suite(root, [root / "migrations"], [], PACKS[name])
    seen = replay(suite.repository, server, trials=(), queries=suite.queries)
    assert all(file.applied for file in seen.files.values()), seen.files
    (asked,) = [
        question for questions in suite.questions.values() for question in questions if question.guideline.id == name
    ]
    assert asked.file == f"rules/{name}.yml"
    return judge(asked, seen)


@pytest.mark.parametrize("name", PACKS)
def test_what_is_found_and_where_is_what_the_file_says(name, tmp_path, server):
    """At least three lines with findings, and three others that are as they should be."""
    text = (HERE / PACKS[name].name / f"{name}.sql").read_text("utf-8")
    expected: Counter[tuple[str, int]] = Counter()
    for number, line in enumerate(text.splitlines(), 1):
        if found := _EXPECT.search(line):
            expected[FILE, number] = int(found[1] or 1)
    assert len(expected) >= 3
    assert len(text.splitlines()) >= len(expected) + 3
    findings = judged(tmp_path, server, name, text)
    assert Counter((finding.file, finding.line) for finding in findings) == expected, findings
    assert len({(finding.line, finding.column, finding.message) for finding in findings}) == len(findings)
    assert not any("{" in finding.message + finding.instead for finding in findings)


@pytest.mark.parametrize("name", PACKS)
def test_the_examples_go_both_ways_and_what_is_offered_to_paste_mends_it(name, tmp_path, server):
    """Run behind the failing example, it leaves nothing to find."""
    one = guideline(name)
    for number, files in enumerate(one.examples["pass"]):
        assert judged(tmp_path / f"pass{number}", server, name, files[""]) == ()
    for number, files in enumerate(one.examples["fail"]):
        findings = judged(tmp_path / f"fail{number}", server, name, files[""])
        assert findings
        if one.instead:
            mended = "\n".join([files[""], *(finding.instead for finding in findings)])
            assert judged(tmp_path / f"mended{number}", server, name, mended) == ()


@pytest.mark.registry
def test_codes_and_ids_of_everything_that_is_packaged_are_each_given_once():
    every = guidelines.load(Path.cwd(), packaged(), {name: one.options for name, one in checks().items()})
    packs = list(EVERY.values())
    for part in ("id", "code"):
        values = [getattr(one, part) for one in (*every, *packs)]
        assert len(set(values)) == len(values)
