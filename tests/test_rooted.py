"""No option of ours that takes a value may let pytest take that value for a path: it would move its root."""

from __future__ import annotations

import pytest

from pytest_ctb.plugin import options

GOOD = "-- Adds x\nBEGIN;\nCREATE TABLE IF NOT EXISTS public.x (id bigint);\nCOMMIT;\n"


def valued():
    """Every option that takes a value, from the parser that pytest makes of them."""
    parser = pytest.Parser(_ispytest=True)
    options.add(parser)
    names = [name for option in parser.getgroup("ctb").options for name in option.names()]
    return [one for one in names if parser.parse_known_args([one, "value"]).file_or_dir == []]


OPTIONS = valued()


def test_there_are_some():
    assert {"--ctb-report", "--ctb-prelude", "--ctb-migrations", "--ctb-baseline", "--ctb-since"} <= set(OPTIONS)
    assert "--ctb-fresh" not in OPTIONS


@pytest.fixture
def project(pytester, tmp_path_factory):
    """A repository, and a folder elsewhere with what a value may name, which pytest takes for a root of its own."""
    pytester.makeini("[pytest]\nctb_migrations = sql\naddopts = -rA\n")
    (pytester.mkdir("sql") / "2025-10-23_create_x.sql").write_text(GOOD)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
    (elsewhere / "value.json").write_text("{}")
    pytester.makeconftest(
        "def pytest_addoption(parser):\n    parser.addoption('--own')\n"
        "def pytest_report_header(config):\n    return f'root {config.rootpath} own {config.option.own}'\n"
    )
    return pytester, elsewhere


@pytest.mark.parametrize("option", OPTIONS)
def test_the_root_stays(project, option):
    """Without `--ctb` too: the options are no reason to look elsewhere."""
    pytester, elsewhere = project
    pytester.makepyfile("def test_it(): pass")
    result = pytester.runpytest(option, elsewhere / "value.json", "--own=1")
    result.stdout.fnmatch_lines([f"root {pytester.path} own 1", "PASSED *test_it*"])
    assert result.ret == 0
    result.assert_outcomes(passed=1)


def test_a_report_that_is_there_already(project):
    pytester, elsewhere = project
    for _ in range(2):
        result = pytester.runpytest(
            "--ctb", "--ctb-report", elsewhere / "value.json", "-m", "ctb_static", "-k", "file-encoding"
        )
        result.assert_outcomes(passed=1, deselected=result.parseoutcomes().get("deselected", 0))
    assert '"version": 1' in (elsewhere / "value.json").read_text()


@pytest.mark.parametrize("args", [["-n", "2"], ["--co", "-q"]])
def test_with_other_options(project, args):
    pytester, elsewhere = project
    result = pytester.runpytest("--ctb", *args, "-k", "file-encoding", "--ctb-report", elsewhere / "value.json")
    assert result.ret == 0
    assert "file-encoding" in result.stdout.str()


def test_what_the_environment_says(project, monkeypatch):
    pytester, elsewhere = project
    monkeypatch.setenv("PYTEST_ADDOPTS", f"-p no:html --ctb-report '{elsewhere / 'value.json'}'")
    result = pytester.runpytest("--ctb", "-k", "file-encoding")
    result.assert_outcomes(passed=1, deselected=result.parseoutcomes().get("deselected", 0))


def test_a_path_to_tests_moves_it_as_ever(project):
    """What pytest does of its own accord is none of our business."""
    pytester, elsewhere = project
    (elsewhere / "pytest.ini").write_text("[pytest]\n")
    (elsewhere / "test_there.py").write_text("def test_there(): pass")
    result = pytester.runpytest(elsewhere / "test_there.py", "--ctb-report", pytester.path / "out.json")
    result.stdout.fnmatch_lines([f"rootdir: {elsewhere}"])
    result.assert_outcomes(passed=1)


def test_an_exit_code_is_handed_on(project):
    pytester, elsewhere = project
    pytester.makepyfile("def test_it(): assert 0")
    result = pytester.runpytest("--ctb-report", elsewhere / "value.json")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result = pytester.runpytest("--ctb-report", elsewhere / "value.json", "--none-such")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
