"""A new guideline is one YAML file, one check and one folder of cases: made in a copy of this repository, it is everywhere.

No list is edited for it: neither in the package, nor in the documents, nor in the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import sample
from registry import GUIDELINES

ROOT = Path(__file__).parent.parent
PARTS = (
    "pytest_ctb", "rules", "tests", "docs", "benchmarks", "infra", "migrations", "schemas",
    "conftest.py", "pyproject.toml", "mkdocs.yml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", ".sqlfluff",
)  # fmt: skip
"""What the tests and the documentation are made of."""
NEXT = int(GUIDELINES[-1].code.removeprefix("CT")) + 1
NAMES = ("no-view", "no-tab")
"""A guideline that needs a server, and one that a text alone can break."""

_YAML = """code: CT{code}
title: {title}
level: error
what: {what}
why: >
  Whoever reads the table later has to know of it, and a change of the table then takes a lock on both, for as long as
  the change lasts.
instead: |
  {instead}
source: 'guide, Best Practices'
examples:
  pass:
    - {good}
  fail:
    - {bad}
"""
_LIVE = '''"""A migration makes no view."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, applied, check
from pytest_ctb.model import Finding


@check("no-view", scope=Scope.REPLAY)
def no_view(case: Case[NoOptions]) -> Iterator[Finding]:
    """Each statement that was seen to make a view, whatever its text says."""
    for statement, trace in zip(case.migration.sent, applied(case).traces, strict=True):
        for key in trace.created:
            if key.kind == "view":
                yield case.finding(statement.position, f"makes the view {key.name}")
'''
_STATIC = '''"""A migration holds no tab."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, check
from pytest_ctb.model import Finding, Position


@check("no-tab")
def no_tab(case: Case[NoOptions]) -> Iterator[Finding]:
    """The first tab of each line."""
    for number, line in enumerate(case.migration.source.text.splitlines(), start=1):
        if "\\t" in line:
            yield case.finding(Position(number, line.index("\\t") + 1), "the line holds a tab")
'''
_VIEW = "CREATE VIEW company.everybody AS SELECT id FROM company.master;"
_HIDDEN = "DO $$ BEGIN EXECUTE 'CREATE ' || 'VIEW company.everybody AS SELECT 1 AS one'; END $$;"
_TABLE = "CREATE TABLE company.overview (id bigint);"
_WORDS = "COMMENT ON TABLE company.master IS 'CREATE VIEW company.everybody';"
FILES = {
    "rules/no-view.yml": _YAML.format(
        code=NEXT, title="No view", what="No migration makes a view, whatever its text says.", instead="-- the SELECT itself", good=_TABLE, bad=_VIEW
    ),
    "pytest_ctb/checks/live/no_view.py": _LIVE,
    "tests/rules/no-view/fail/2025-10-23_create_everybody.sql": f"{_VIEW} -- expect: no-view\n",
    "tests/rules/no-view/fail/2025-10-23_create_hidden.sql": f"{_TABLE}\n{_HIDDEN} -- expect: no-view\n",
    "tests/rules/no-view/pass/2025-10-23_create_overview.sql": f"{_TABLE}\n",
    "tests/rules/no-view/pass/2025-10-23_set_comment.sql": f"{_WORDS}\n",
    "rules/no-tab.yml": _YAML.format(
        code=NEXT + 1, title="No tab", what="No migration holds a tab character.", instead="-- spaces", good="SELECT 1;",
        bad='"SELECT\\t1;"',
    ),
    "pytest_ctb/checks/static/no_tab.py": _STATIC,
    "tests/rules/no-tab/fail/2025-10-23_set_one.sql": "SELECT\t1; -- expect: no-tab:7\n",
    "tests/rules/no-tab/fail/2025-10-23_set_two.sql": "SELECT 1,\n\t2; -- expect: no-tab:1\n",
    "tests/rules/no-tab/pass/2025-10-23_set_one.sql": "SELECT 1;\n",
    "tests/rules/no-tab/pass/2025-10-23_set_two.sql": "SELECT E'\\t';\n",
}  # fmt: skip
"""All that two new guidelines are."""


@dataclass(frozen=True)
class Copy:
    """This repository with two guidelines more."""

    root: Path

    def run(self, *command: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a module of Python that sees the copy, and not the repository that the tests run in."""
        surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        surroundings |= {"PYTHONPATH": str(self.root), "COLUMNS": "200"}
        return subprocess.run(
            [sys.executable, *command],
            cwd=folder or self.root, env=surroundings, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def outcomes(self, *arguments: str, folder: Path | None = None) -> dict[str, str]:
        """How each test of a pytest run ended, by its id."""
        done = self.run("-m", "pytest", "-v", "-p", "no:cacheprovider", *arguments, folder=folder)
        words = (line.split() for line in done.stdout.splitlines() if "::" in line)
        outcomes = {line[0]: line[1] for line in words if len(line) > 1 and line[1].isupper()}
        assert outcomes, done.stdout + done.stderr
        return outcomes


def make(root: Path) -> Copy:
    """Copy what the repository is made of, and add the two guidelines."""
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, root / part)
    for name, text in FILES.items():
        path = root / name
        assert not path.exists()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Copy(root)


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Copy:
    return make(tmp_path_factory.mktemp("copy"))


def test_it_touches_three_places_and_changes_no_file():
    for name in NAMES:
        places = {
            path.partition(name)[0].partition(name.replace("-", "_"))[0]
            for path in FILES
            if name in path.replace("_", "-")
        }
        kind = {"no-view": "live", "no-tab": "static"}[name]
        assert places == {"rules/", f"pytest_ctb/checks/{kind}/", "tests/rules/"}
    assert not [path for path in FILES if (ROOT / path).exists()]


def test_its_cases_and_examples_are_tests(copy):
    outcomes = copy.outcomes("tests/test_rules.py", "tests/test_guidelines.py", "-k", " or ".join(NAMES))
    assert set(outcomes.values()) == {"PASSED"}
    for kind, path in (path.split("/", 3)[2:] for path in FILES if path.startswith("tests/rules/")):
        case = f"{kind}/{path.removesuffix('.sql')}"
        assert f"tests/test_rules.py::test_the_case[{case}]" in outcomes
        again = f"tests/test_rules.py::test_without_a_superuser_the_findings_are_the_same[{case}]" in outcomes
        assert again is (kind == "no-view")
    for name in NAMES:
        for kind in ("pass", "fail"):
            assert f"tests/test_rules.py::test_the_examples_of_a_guideline_are_true[{name}-{kind}-0]" in outcomes
        assert f"tests/test_guidelines.py::test_the_prose_teaches[{name}]" in outcomes


def test_a_case_that_is_wrong_is_noticed(copy):
    """The line that its comment names, and no other."""
    path = copy.root / "tests/rules/no-view/fail/2025-10-23_create_wrong.sql"
    path.write_text(f"{_TABLE} -- expect: no-view\n{_VIEW}\n", encoding="utf-8")
    try:
        outcomes = copy.outcomes("tests/test_rules.py", "-k", "create_wrong")
    finally:
        path.unlink()
    assert len(outcomes) == 2
    assert set(outcomes.values()) == {"FAILED"}


def test_the_tests_that_count_guidelines_hold_without_an_edit(copy):
    """Those that carry the marker `registry`."""
    outcomes = copy.outcomes("tests", "-m", "registry")
    assert len(outcomes) > 10
    assert set(outcomes.values()) == {"PASSED"}


def test_pytest_asks_it_of_every_migration(copy, tmp_path):
    sample.write(tmp_path)
    shutil.rmtree(tmp_path / "rules")
    view = "CREATE OR REPLACE VIEW shop.cheap AS SELECT id FROM shop.item;\n\nCOMMIT;"
    sample.change(tmp_path, sample.SECOND, "COMMIT;", view)
    sample.change(tmp_path, sample.SECOND, "-- Rollback:\n", "-- Rollback:\n-- DROP VIEW IF EXISTS shop.cheap;\n")
    outcomes = copy.outcomes("--ctb", "--ctb-postgres", "embedded", "-k", " or ".join(NAMES), folder=tmp_path)
    assert outcomes == {
        f"{sample.FIRST}::no-view": "PASSED",
        f"{sample.FIRST}::no-tab": "PASSED",
        f"{sample.SECOND}::no-view": "FAILED",
        f"{sample.SECOND}::no-tab": "PASSED",
    }
    done = copy.run("-m", "pytest", "--ctb", "--ctb-postgres", "embedded", "-k", f"CT{NEXT}", folder=tmp_path)
    assert f"{sample.SECOND}:17:1: CT{NEXT} no-view: makes the view shop.cheap" in done.stdout


def test_ctb_and_sqlfluff_know_it(copy, tmp_path):
    listed = copy.run("-m", "pytest_ctb.cli", "explain").stdout
    explained = copy.run("-m", "pytest_ctb.cli", "explain", f"CT{NEXT}").stdout
    for number, name in enumerate(NAMES):
        assert f"CT{NEXT + number}" in listed
        assert name in listed
    assert "No migration makes a view, whatever its text says." in explained
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/2025-10-23_set_one.sql").write_text("SELECT\t1;\n")
    checked = copy.run("-m", "pytest_ctb.cli", "check", folder=tmp_path).stdout
    assert f"2025-10-23_set_one.sql:1:7: CT{NEXT + 1} no-tab: the line holds a tab" in checked
    rules = copy.run("-m", "sqlfluff", "rules").stdout
    assert f"CTB_CT{NEXT + 1}: [ctb.no_tab] No tab." in rules
    assert "no_view" not in rules, "no text alone can show it"


_PAGES = """
import sys, tempfile
from pathlib import Path
sys.path.insert(0, "docs")
import hooks
print(hooks._index(hooks._guidelines()))
with tempfile.TemporaryDirectory() as made, hooks.choose(hooks.Wanted("embedded")).offer.start() as server:
    for guideline in hooks._guidelines():
        if guideline.id in sys.argv[1:]:
            print(hooks._Page(guideline, hooks.check_of(guideline), server, Path(made) / guideline.id).markdown)
"""


def test_the_documentation_has_its_page(copy):
    done = copy.run("-c", _PAGES, *NAMES)
    assert done.returncode == 0, done.stderr
    for number, name in enumerate(NAMES):
        assert f"| CT{NEXT + number} | [`{name}`]({name}.md) |" in done.stdout
        assert f"# {name} (CT{NEXT + number})" in done.stdout
    assert "no-view: makes the view company.everybody" in done.stdout
    assert f"`CTB_CT{NEXT + 1}` (`ctb.no_tab`)" in done.stdout
