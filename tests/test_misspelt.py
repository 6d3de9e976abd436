"""Whoever misspells a file, a guideline or a value is shown the one that is there."""

from __future__ import annotations

import pytest

import sample
from pytest_ctb.cli import main


@pytest.fixture
def team(tmp_path, monkeypatch):
    sample.write(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("check", sample.FIRST.replace("item", "itme")), f"does not exist; did you mean {sample.FIRST}?"),
        (("check", "--select", "no-drop-colum"), "has that code or id; did you mean no-drop-column?"),
        (("check", "--ignore", "zzz"), "has that code or id (`ctb explain`)"),
        (("explain", "no-drop-colum"), "did you mean CT08 no-drop-column?"),
        (("--rules", "postgrs", "check"), "postgrs; did you mean postgres?"),
        (("chek",), "Did you mean 'check'?"),
    ],
)
@pytest.mark.usefixtures("team")
def test_a_command_offers_what_is_there(capsys, arguments, says):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err


def test_a_file_that_pytest_does_not_find(pytester):
    sample.write(pytester.path)
    wrong = sample.FIRST.replace("item", "itme")
    result = pytester.runpytest("--ctb", wrong)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stdout.fnmatch_lines([f"{wrong} does not exist; did you mean {sample.FIRST}[?]"])
    result = pytester.runpytest("--ctb", "nowhere/else.sql")
    result.stdout.no_fnmatch_line("*did you mean*")


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [
        ("--ctb-postgres", "embeded", "'embeded' is not a valid value; did you mean embedded?"),
        ("--ctb-layout", "gooose", "no layout of that name; did you mean goose?"),
    ],
)
def test_a_value_of_an_option(pytester, option, value, says):
    sample.write(pytester.path)
    result = pytester.runpytest("--ctb", option, value)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert says in result.stderr.str()
