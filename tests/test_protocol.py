"""A verdict that is no failure is told in one report. Whoever would miss the other two, or a hook, gets them: each is tried here."""

from __future__ import annotations

import html
import json
import re
import shutil
import warnings
from xml.etree import ElementTree

import pytest

import sample
from pytest_ctb.errors import CtbWarning
from sample import FIRST, SECOND, change

BROKEN = f"{SECOND}::if-not-exists"
LISTENER = """
import collections
seen = collections.Counter()

def pytest_runtest_logreport(report):
    seen[report.nodeid, report.when] += 1

def pytest_terminal_summary(terminalreporter):
    for name, when in sorted(seen):
        terminalreporter.write_line(f"SEEN {when} {seen[name, when]} {name}")
"""
"""A conftest.py that counts the reports of each test."""
PHASES = """
def pytest_runtest_setup(item):
    pass
"""
"""A conftest.py that listens, and does nothing: pytest goes through its phases."""


@pytest.fixture
def project(pytester, monkeypatch):
    """A repository that holds the guide but in one line, as the current directory; with every plugin that there is."""
    monkeypatch.delenv("PYTEST_ADDOPTS")
    sample.write(pytester.path)
    change(pytester.path, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    return pytester


@pytest.fixture
def mixed(project):
    """The same, where that line is a warning, and the other file cannot be judged: it is no text."""
    change(project.path, "rules/if-not-exists.yml", "level: error", "level: warning")
    (project.path / FIRST).write_bytes(b"\0" + (project.path / FIRST).read_bytes())
    with warnings.catch_warnings():  # for these tests themselves they are errors
        warnings.simplefilter("default", CtbWarning)
        yield project


def static(project, *args):
    """A run of what needs no server."""
    return project.runpytest("--ctb", "-m", "ctb_static", *args)


def outcomes(result) -> dict[str, int]:
    """How many tests ended how, those that were asked of."""
    return {name: count for name, count in result.parseoutcomes().items() if name not in {"deselected", "warnings"}}


def reports(project, *args) -> dict[str, list[str]]:
    """The phases that are reported of each test."""
    found: dict[str, list[str]] = {}
    for getreport in project.inline_run("--ctb", "-m", "ctb_static", *args).getreports("pytest_runtest_logreport"):
        found.setdefault(getreport.nodeid, []).append(getreport.when)
    assert len(found) > 10
    return found


def counted(project, *args) -> dict[str, set[str]]:
    """The phases that LISTENER saw of each test."""
    (project.path / "conftest.py").write_text(LISTENER, encoding="utf-8")
    found: dict[str, set[str]] = {}
    for line in static(project, *args).outlines:
        if line.startswith("SEEN "):
            _, when, times, name = line.split()
            assert times == "1"
            found.setdefault(name, set()).add(when)
    assert len(found) > 10
    return found


def both(project, told) -> tuple[object, object]:
    """What `told` makes of a run with one report of a clean verdict, and of the same run with three phases."""
    first = told()
    shutil.rmtree(project.path / ".pytest_cache", ignore_errors=True)
    (project.path / "conftest.py").write_text(PHASES, encoding="utf-8")
    return first, told()


ALL_PHASES = ["setup", "call", "teardown"]


def test_what_is_clean_is_one_report_and_what_is_broken_three(project):
    found = reports(project)
    assert found.pop(BROKEN) == ALL_PHASES
    assert found.popitem()[1] == ALL_PHASES  # the last one: pytest tears down what stands
    assert all(one == ["call"] for name, one in found.items() if not name.startswith(SECOND))
    assert sum(one == ["call"] for one in found.values()) > len(found) // 2


def lines_of(project, *args) -> list[str]:
    """What a run prints, without its times."""
    lines = static(project, "-p", "no:randomly", *args).outlines
    return [re.sub(r" *\d+(\.\d+)?[mu]?s\b", " TIME", line) for line in lines]


@pytest.mark.parametrize(
    "args",
    [
        ["-v"],
        ["-vv"],
        ["-q"],
        ["-rA"],
        ["-x"],
        ["--maxfail=1"],
        ["--stepwise"],
        ["--ff"],
        ["-W", "error"],
        ["--tb=no", "-o", "console_output_style=count"],
        ["-v", "-o", "console_output_style=times"],
        ["--capture=no"],
        ["-o", "log_cli=true"],
        ["-p", "no:logging", "-p", "no:cacheprovider", "-p", "no:warnings"],
        ["--no-summary", "-p", "no:faulthandler"],
    ],
    ids=" ".join,
)
def test_a_person_sees_the_same(project, args):
    brief, phases = both(project, lambda: lines_of(project, *args))
    assert brief == phases
    assert any("1 failed" in line for line in brief)


@pytest.mark.parametrize(
    "args",
    [
        ["-v"],
        ["-rA"],
        ["-rs", "--ff"],
        ["-W", "error"],
        ["-W", "error::pytest_ctb.errors.CtbWarning"],
        ["-W", "ignore"],
        ["--stepwise"],
        ["-o", "log_cli=true"],
    ],
    ids=" ".join,
)
def test_a_person_sees_the_same_of_warnings_and_of_what_is_skipped(mixed, args):
    brief, phases = both(mixed, lambda: lines_of(mixed, *args))
    assert brief == phases


def test_a_warning_and_what_is_skipped_are_one_report(mixed):
    found = reports(mixed)
    assert found[BROKEN] == ["call"]
    assert ["setup"] in found.values()
    assert reports(mixed, "-W", "error")[BROKEN] == ALL_PHASES


def test_failed_ones_first_and_then_all(project):
    """`--lf` runs what failed, as long as it fails, and everything after that."""
    count = len(reports(project))
    assert outcomes(static(project, "--lf")) == {"failed": 1}
    change(project.path, SECOND, "ADD COLUMN", "ADD COLUMN IF NOT EXISTS")
    assert outcomes(static(project, "--lf")) == {"passed": 1}
    assert outcomes(static(project, "--lf")) == {"passed": count}


def test_a_clean_one_is_no_failed_one_any_more(project):
    """Without `--lf` it passes among others, in one report; then there is nothing left that failed."""
    static(project)
    change(project.path, SECOND, "ADD COLUMN", "ADD COLUMN IF NOT EXISTS")
    assert reports(project)[BROKEN] == ["call"]
    static(project, "--lf").stdout.fnmatch_lines(["run-last-failure: no previously failed tests, *"])


def test_stepwise_goes_on_where_it_stopped(project):
    assert outcomes(static(project, "--stepwise"))["failed"] == 1
    change(project.path, SECOND, "ADD COLUMN", "ADD COLUMN IF NOT EXISTS")
    rest = static(project, "--stepwise")
    rest.stdout.fnmatch_lines(["stepwise: skipping * already passed items*"])
    assert rest.ret == 0


def test_durations_are_those_of_the_verdicts(project):
    """Each clean one has one, of its call, and it is no zero."""
    lines = static(project, "--durations=0", "-vv").outlines
    found = [line.split() for line in lines if re.match(r"\d+\.\d+s (setup|call|teardown) +", line)]
    assert {name for _, when, name in found if when == "call"} == set(reports(project))


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "xdist"])
def test_junit_is_the_same(project, workers):
    """It writes a test's properties down when that is torn down; under xdist that is the controller's business."""

    def told():
        static(project, "--junitxml", "x.xml", *workers)
        found = ElementTree.parse(project.path / "x.xml").getroot()
        assert len(list(found.iter("property"))) == len(list(found.iter("testcase"))) > 10
        shown = []
        for one in found.iter():
            text = re.sub(r"gw\d", "gw", one.text or "")
            kept = {key: value for key, value in one.attrib.items() if key not in {"time", "timestamp", "hostname"}}
            shown.append((one.tag, sorted(kept.items()), text))
        return sorted(shown) if workers else shown

    brief, phases = both(project, told)
    assert brief == phases


@pytest.mark.parametrize("shape", ["project", "mixed"])
@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "xdist"])
def test_our_own_report_is_the_same(request, workers, shape):
    project = request.getfixturevalue(shape)

    def told():
        static(project, "--ctb-report", "x.json", *workers)
        found = json.loads((project.path / "x.json").read_text(encoding="utf-8"))
        return re.sub(r'"(seconds|began|started|duration)": [^,}]+', r'"\1": 0', json.dumps(found, sort_keys=True))

    brief, phases = both(project, told)
    assert brief == phases
    assert BROKEN.partition("::")[0] in str(brief)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "xdist"])
def test_a_conftest_that_listens_gets_all_phases(project, workers):
    assert all(one == set(ALL_PHASES) for one in counted(project, *workers).values())


def test_workers_send_one_report_of_a_clean_verdict(project):
    """Counted where they arrive, by what does not listen: the terminal's own memory of reports."""
    project.makeconftest(
        """
        import collections

        def pytest_terminal_summary(terminalreporter):
            found = collections.Counter(one.when for some in terminalreporter.stats.values() for one in some if hasattr(one, "when"))
            terminalreporter.write_line(f"SEEN {found['call']} of {found['teardown']}")
        """
    )
    (line,) = [line for line in static(project, "-n", "2").outlines if line.startswith("SEEN ")]
    calls, ends = map(int, re.findall(r"\d+", line))
    assert 0 < ends < calls / 2


def test_a_conftest_beside_the_migrations_listens_too(project):
    """It is known only when the folder is collected."""
    (project.path / "migrations" / "conftest.py").write_text(PHASES, encoding="utf-8")
    assert all(report == ALL_PHASES for report in reports(project, "migrations", "rules", "infra").values())


def test_who_comes_late_listens_from_then_on(project):
    """A plugin that is registered in the middle of the run."""
    project.makeconftest(
        """
        class Late:
            def pytest_runtest_teardown(self, item):
                item.config.told.append(item.nodeid)

        def pytest_collection_finish(session):
            session.config.told = []

        def pytest_warning_recorded(warning_message):
            pass

        def pytest_assertrepr_compare(config, op, left, right):
            pass

        def pytest_report_collectionfinish(config, items):
            config.pluginmanager.register(Late())

        def pytest_terminal_summary(terminalreporter, config):
            terminalreporter.write_line(f"SEEN {len(config.told)}")
        """
    )
    result = static(project)
    told = result.parseoutcomes()
    result.stdout.fnmatch_lines([f"SEEN {told['passed'] + told['failed']}"])


@pytest.mark.parametrize("args", [["--setup-show"], ["-o", "console_output_style=times"], ["--junitxml=x.xml"]])
def test_what_needs_the_phases_gets_them(project, args):
    assert all(report == ALL_PHASES for report in reports(project, *args).values())


def test_a_mark_that_pytest_obeys_is_obeyed(project):
    project.makeconftest(
        """
        import pytest

        def pytest_collection_modifyitems(items):
            for one in items:
                if one.name == "file-name":
                    one.add_marker(pytest.mark.skip(reason="not today"))
                if one.name == "unique-id":
                    one.add_marker(pytest.mark.xfail(strict=True))
        """
    )
    found = outcomes(static(project))
    assert (found["skipped"], found["failed"]) == (2, 3)


def test_what_cannot_be_judged_is_skipped(project):
    (project.path / FIRST).write_bytes(b"\0" + (project.path / FIRST).read_bytes())
    found = outcomes(static(project))
    assert found["skipped"] > 3
    assert found["failed"] >= 2


def test_a_check_that_crashes_is_an_error(project, monkeypatch):
    """Judged first outside of pytest's phases, and then in them, where a crash is told."""
    from pytest_ctb.guide import judge

    def crash(question, evidence):
        if question.name == "file-name":
            raise ZeroDivisionError
        return before(question, evidence)

    before = judge.judge
    monkeypatch.setattr(judge, "judge", crash)
    found = outcomes(static(project))
    assert (found["errors"], found["failed"]) == (2, 1)


@pytest.mark.parametrize("shape", ["project", "mixed"])
def test_each_is_judged_once(request, monkeypatch, shape):
    project = request.getfixturevalue(shape)
    from pytest_ctb.guide import judge

    asked = []
    before = judge.judge
    monkeypatch.setattr(judge, "judge", lambda question, evidence: asked.append(question) or before(question, evidence))
    found = reports(project)
    assert sorted(f"{one.file}::{one.name}" for one in asked) == sorted(found)


def test_what_another_test_follows_from_is_judged_once(project, monkeypatch):
    """The file cannot be applied once more, for the line that another guideline forbids: whichever test comes first."""
    from pytest_ctb.guide import judge

    asked = []
    before = judge.judge
    monkeypatch.setattr(judge, "judge", lambda question, evidence: asked.append(question) or before(question, evidence))
    last = f"{SECOND}::idempotent"
    for order in ((BROKEN, last), (last, BROKEN)):
        asked.clear()
        result = project.runpytest("--ctb", "-p", "no:randomly", *order)
        result.stdout.fnmatch_lines(["FAILED *::idempotent - CT10 see CT07: *"])
        assert len({(one.file, one.name) for one in asked}) == len(asked)


def test_fixtures_of_python_tests_end_where_they_always_did(project):
    """Tests in Python before, between and after ours, with fixtures of a module, a folder and the session."""
    for folder in ("a", "migrations", "z"):
        target = project.path / folder
        target.mkdir(exist_ok=True)
        (target / "__init__.py").touch()
        (target / f"test_{folder}.py").write_text(
            "import pytest\n\n"
            "@pytest.fixture(scope='package')\ndef package():\n"
            f"    yield\n    print('END package {folder}')\n\n"
            "@pytest.fixture(scope='module')\ndef module():\n"
            f"    yield\n    print('END module {folder}')\n\n"
            "def test_it(module, package):\n    pass\n",
            encoding="utf-8",
        )

    def told():
        lines = static(project, "-v", "-s", "-m", "not ctb_live", "a", "migrations", "z", "rules").outlines
        return [re.sub(r" in \d.*", "", line) for line in lines]

    brief, phases = both(project, told)
    assert brief == phases
    assert sum("END" in line for line in brief) == 6


def test_without_a_terminal(project):
    assert static(project, "-p", "no:terminal").ret == pytest.ExitCode.TESTS_FAILED
    change(project.path, SECOND, "ADD COLUMN", "ADD COLUMN IF NOT EXISTS")
    assert static(project, "-p", "no:terminal").ret == pytest.ExitCode.OK


def test_pytest_html_tells_the_same(project):
    def told():
        static(project, "--html", "x.html")
        (data,) = re.findall(r'data-jsonblob="([^"]+)"', (project.path / "x.html").read_text(encoding="utf-8"))
        tests = json.loads(html.unescape(data))["tests"]
        return {name: [one["result"] for one in some] for name, some in tests.items()}

    brief, phases = both(project, told)
    assert brief == phases
    assert list(brief.values()).count(["Failed"]) == 1
    assert len(brief) > 10


@pytest.mark.parametrize("args", [["--reruns", "2"], ["-o", "reruns=2"], ["--force-reruns", "2"]])
def test_pytest_rerunfailures_runs_what_failed_again(project, args):
    count = len(reports(project))
    assert outcomes(static(project, *args)) == {"failed": 1, "passed": count - 1, "rerun": 2}


def test_pytest_timeout_has_its_timer_around_each(project):
    """A timer is set for a verdict in one report as for others; that hook is no pytest's own."""
    project.makeconftest(
        """
        timers = []

        def pytest_timeout_set_timer(item, settings):
            timers.append(item.nodeid)

        def pytest_terminal_summary(terminalreporter):
            terminalreporter.write_line(f"SEEN {len(set(timers))}")
        """
    )
    count = len(reports(project, "--timeout", "60"))
    static(project, "--timeout", "60").stdout.fnmatch_lines([f"SEEN {count}"])


def test_pdb_is_not_asked_for_what_is_clean(project):
    change(project.path, SECOND, "ADD COLUMN", "ADD COLUMN IF NOT EXISTS")
    assert static(project, "--pdb").ret == pytest.ExitCode.OK
