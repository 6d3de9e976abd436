"""Signs of life: how far a replay is, on terminals of several widths, in the log of a CI, and nowhere else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sample
from pytest_ctb.plugin import signs
from pytest_ctb.replay import steps
from pytest_ctb.replay.steps import Step
from terminals import Terminal, screen

PYTHON = Path(sys.executable)
CTB = PYTHON.with_name("ctb")
PYTEST = (PYTHON, "-m", "pytest", "--ctb", "--ctb-postgres", "embedded", "-p", "no:cacheprovider", "-p", "no:html")
REPLAYING = re.compile(r"replaying \d+/\d+")
SLOW = "migrations/2025-10-25_fix_slow.sql"


@pytest.fixture
def team(tmp_path):
    sample.write(tmp_path)
    return tmp_path


def slow(folder: Path) -> None:
    """A third file, which takes longer than any test waits."""
    text = sample.migration("SELECT pg_sleep(50);\n", unique_id="00000009", date="2025-10-25")
    (folder / SLOW).write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("columns", "options"), [(18, ()), (36, ("-v",)), (52, ("-q",)), (80, ()), (120, ("-v",))], ids=str
)
def test_the_replay_is_shown_behind_the_progress_and_nothing_of_it_is_left(team, columns, options):
    terminal = Terminal([*PYTEST, "--color=no", *options], team, columns=columns)
    assert terminal.finish() == 0
    texts = re.findall(r" (?:replaying )?\d/2[^\x08]*", terminal.output)
    assert texts or columns < 20
    assert all(len(text) < columns for text in texts)
    assert not re.search(r"replaying|\d/2\b", terminal.screen)
    if columns >= 40:  # pytest itself takes a narrower terminal for one of 80 columns
        arguments, environment = [*PYTEST, "--color=no", *options], quiet(columns)
        piped = subprocess.run(arguments, cwd=team, capture_output=True, text=True, check=True, env=environment)
        assert progress(terminal.screen) == progress(screen(piped.stdout.replace("\n", "\r\n"), columns))


def quiet(columns: int = 80) -> dict[str, str]:
    """The environment of a run whose output a program reads."""
    return {
        **{name: value for name, value in os.environ.items() if name not in {"CI", "GITHUB_ACTIONS"}},
        "COLUMNS": str(columns),
    }


def progress(output: str) -> list[str]:
    """The lines with the outcomes of tests."""
    return re.findall(r"^(?:migrations|infra|rules)/.*|^[.]+ +\[.*", output, re.MULTILINE)


@pytest.mark.parametrize("options", [("-n", "2"), ("-n", "2", "-v"), ("--ctb-processes", "2")], ids=str)
def test_several_processes_are_shown_together(team, options):
    terminal = Terminal([*PYTEST, "--color=no", *options], team, columns=120)
    assert terminal.finish() == 0
    assert "replaying 2/2 migrations/" in terminal.output
    assert "replaying" not in terminal.screen


def test_a_terminal_without_colours_shows_it_too(team):
    terminal = Terminal(PYTEST, team, environment={"NO_COLOR": "1"})
    assert terminal.finish() == 0
    assert REPLAYING.search(terminal.output)
    assert "\x1b" not in terminal.output


@pytest.mark.parametrize("options", [("-qq",), ("-p", "no:terminal")], ids=str)
def test_who_wants_no_progress_gets_none(team, options):
    terminal = Terminal([*PYTEST, *options], team)
    assert terminal.finish() == 0
    assert "replaying" not in terminal.output


def test_a_terminal_that_cannot_go_back_shows_nothing(team):
    terminal = Terminal(PYTEST, team, environment={"TERM": "dumb"})
    assert terminal.finish() == 0
    assert "replaying" not in terminal.output


@pytest.mark.parametrize("command", ["contracts", "baseline"])
def test_a_pipe_gets_nothing(team, command):
    done = subprocess.run([CTB, command], cwd=team, capture_output=True, text=True, check=True, env=quiet())
    assert done.stderr == ""
    assert "replaying" not in done.stdout
    ran = subprocess.run(PYTEST, cwd=team, capture_output=True, text=True, check=True, env=quiet())
    assert "replaying" not in ran.stdout + ran.stderr


def test_a_log_of_ci_gets_a_line_now_and_then(pytester, monkeypatch):
    """Not where the run is short: the first line comes after half a minute, which this test makes shorter."""
    sample.write(pytester.path)
    monkeypatch.setenv("CI", "true")
    options = ("--ctb", "--ctb-postgres", "embedded", "-p", "no:cacheprovider")
    assert "replaying" not in pytester.runpytest(*options).stdout.str()
    monkeypatch.setattr(steps, "_CI_SECONDS", 0.01)
    done = pytester.runpytest(*options)
    assert done.ret == 0
    assert [line for line in done.outlines if re.fullmatch(r"ctb: replaying \d/2( migrations/\S+)?", line)]
    assert "\b" not in done.stdout.str()


def test_ctrl_c_says_what_was_seen_until_then_and_the_next_run_goes_on_from_there(team):
    slow(team)
    sample.change(team, sample.SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    command = [argument for argument in PYTEST if argument not in {"-p", "no:cacheprovider", "no:html"}]
    terminal = Terminal([*command, "--color=no", "-m", "ctb_live"], team, columns=200)
    terminal.until(f"replaying 3/3 {SLOW}")
    terminal.type("\x03")
    assert terminal.finish() == pytest.ExitCode.INTERRUPTED
    assert (
        "ctb: stopped when 2 of 3 migrations were replayed: 1 finding until then; the next run goes on"
        in terminal.screen
    )
    assert f"{sample.SECOND}:15:1: CT10 idempotent: applied once more it fails" in terminal.screen
    (team / SLOW).unlink()
    again = Terminal([*command, "--color=no", "-m", "ctb_live"], team, columns=200)
    assert again.finish() == 1
    assert "replaying 2/2" in again.output
    assert "replaying 1/2" not in again.output


@pytest.mark.parametrize("options", [("-n", "2"), ("--ctb-processes", "2")], ids=str)
def test_ctrl_c_says_how_far_several_processes_came(team, options):
    slow(team)
    terminal = Terminal([*PYTEST, "--color=no", "-m", "ctb_live", *options], team, columns=200)
    terminal.until(SLOW)
    terminal.type("\x03")
    assert terminal.finish() == pytest.ExitCode.INTERRUPTED
    assert re.search(r"ctb: stopped (while replaying \d/3|when \d of 3)", terminal.screen)


@pytest.mark.parametrize("columns", [24, 40, 80])
@pytest.mark.parametrize("command", ["contracts", "baseline", "diagram"])
def test_a_command_shows_a_bar_and_wipes_it(team, columns, command):
    terminal = Terminal([CTB, command], team, columns=columns)
    assert terminal.finish() == 0, terminal.output
    assert re.search(r"replaying  \[[#-]*\]  2/2", terminal.output)
    assert "replaying" not in terminal.screen
    assert max(map(len, re.findall(r"replaying[^\r\x1b]*", terminal.output))) <= columns


def test_a_command_that_is_stopped_says_how_far_it_came(team):
    slow(team)
    terminal = Terminal([CTB, "contracts"], team, columns=120)
    terminal.until(SLOW)
    terminal.type("\x03")
    assert terminal.finish() == 1
    assert f"ctb: stopped while replaying 3/3 {SLOW}" in terminal.screen
    assert not (team / "schemas").exists()


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        (60, " replaying 120/300 migrations/2025-10-23_add_price.sql"),
        (40, " replaying 120/300 migrations/2025-10-2…"),
        (31, " replaying 120/300 migrations/…"),
        (30, " replaying 120/300"),
        (12, " 120/300"),
        (7, ""),
    ],
)
def test_a_step_fits_into_its_columns(columns, text):
    assert signs.fitted(Step(120, 300, "migrations/2025-10-23_add_price.sql"), columns) == text


def test_a_path_of_wide_characters_is_left_out_where_it_does_not_fit():
    step = Step(1, 2, "migrations/" + "価" * 20 + ".sql")
    assert signs.fitted(step, 70) == f" replaying 1/2 {step.file}"
    assert signs.fitted(step, 50) == " replaying 1/2"


def test_steps_are_read_while_they_are_written(tmp_path):
    path = tmp_path / "steps"
    assert steps.last(path) is None
    steps.begin(path, 5, 7)
    assert steps.last(path) == Step(5, 7, "")
    steps.note(path, "migrations/a\nb\x1b[1m.sql")
    assert steps.last(path) == Step(6, 7, "migrations/a\\x0ab\\x1b[1m.sql")
    path.write_text("5 7\nmigrations/whole.sql\nmigrations/ha", encoding="utf-8")
    assert steps.last(path) == Step(6, 7, "migrations/whole.sql")
    steps.note(None, "migrations/unread.sql")
    steps.note(tmp_path / "nowhere" / "steps", "migrations/unread.sql")
