"""`ctb completion`: what real shells complete with the script that it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import sample
from terminals import Terminal

CTB = Path(sys.executable).with_name("ctb")
MARK = "shell>"


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    folder = tmp_path_factory.mktemp("team")
    sample.write(folder)
    for shell in ("bash", "zsh", "fish"):
        done = subprocess.run([CTB, "completion", shell], cwd=folder, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        (folder / f"ctb.{shell}").write_text(done.stdout, encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def on_the_path(monkeypatch):
    monkeypatch.setenv("PATH", f"{CTB.parent}{os.pathsep}{os.environ['PATH']}")


CASES = [
    ("ctb che", "check"),
    ("ctb check --fo", "--format"),
    ("ctb check --format sa", "sarif"),
    ("ctb check --select no-dr", "no-drop-column"),
    ("ctb explain data-c", "data-contract"),
    ("ctb check --stdin-filename migrations/2025-10-24_add", sample.SECOND),
    ("ctb check migrations/2025-10-23", sample.FIRST),
    ("ctb completion z", "zsh"),
]


@pytest.mark.parametrize(("line", "word"), CASES)
@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.shells
def test_a_shell_completes(team, shell, line, word):
    """What it writes behind the line when somebody presses the tabulator."""
    terminal = interactive(team, shell)
    terminal.type(f"{line}\t")
    before = line.rpartition(" ")[0]
    terminal.until_seen(f"{before} {word}")
    terminal.type("\x15exit\n")
    terminal.finish()


@pytest.mark.parametrize("shell", ["bash", "zsh"])
@pytest.mark.shells
def test_where_nothing_fits_a_shell_rings(team, shell):
    terminal = interactive(team, shell)
    terminal.output = ""
    terminal.type("ctb explain NOPE\t")
    terminal.until("\a")
    assert terminal.screen.rstrip().endswith("ctb explain NOPE")
    terminal.type("\x15exit\n")
    terminal.finish()


@pytest.mark.parametrize(("line", "word"), [*CASES, ("ctb explain NOPE", "")])
@pytest.mark.shells
def test_fish_completes(team, line, word):
    script = f"source ctb.fish; complete --do-complete '{line}'"
    done = subprocess.run(["fish", "--no-config", "-c", script], cwd=team, capture_output=True, text=True, check=True)
    assert [offer.partition("\t")[0] for offer in done.stdout.splitlines()] == ([word] if word else [])


def interactive(folder: Path, shell: str) -> Terminal:
    """A shell at its prompt, with the script."""
    start = {
        "bash": ("bash --norc --noprofile -i", "source ctb.bash"),
        "zsh": ("zsh -f -i", "autoload -U compinit; compinit -u -D; source ctb.zsh"),
    }
    program, setup = start[shell]
    environment = {"PS1": f"{MARK} ", "PROMPT": f"{MARK} ", "HOME": str(folder)}
    terminal = Terminal(program.split(), folder, columns=200, environment=environment)
    terminal.until(MARK)
    terminal.type(f"{setup}; echo rea''dy\n")
    terminal.until_seen(f"ready\n{MARK}")
    return terminal
