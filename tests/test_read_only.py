"""Where nothing can be written a command says so in one line, before it has worked for it, and a run keeps its summary."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import rights
import sample
from pytest_ctb.errors import ConfigError
from pytest_ctb.repository import writing
from sample import SECOND, change


@pytest.fixture
def team(tmp_path):
    """A repository with something to write for each command."""
    sample.write(tmp_path)
    (tmp_path / "pytest.ini").write_text("[pytest]\nctb_postgres = embedded\n")
    change(tmp_path, SECOND, "ADD COLUMN IF NOT EXISTS", "ADD COLUMN")
    return tmp_path


@pytest.fixture
def read_only(team):
    """The same, of which nothing can be changed."""
    folders = [team, *(path for path in team.rglob("*") if path.is_dir())]
    for file in team.rglob("*"):
        if file.is_file():
            file.chmod(0o444)
    for folder in folders:
        folder.chmod(0o555)
    yield team
    for folder in folders:
        folder.chmod(0o755)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


WRITING = [
    ("new", "add colour to item"),
    ("fix",),
    ("baseline",),
    ("contracts",),
    ("contracts", "--output", "other/deep"),
    ("diagram", "-o", "schema.mermaid"),
    ("diagram", "-o", "docs/"),
    ("diagram", "-o", "migrations/"),
    ("order", "--write"),
]


@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
def test_a_command_in_a_checkout_that_is_read_only(read_only, arguments):
    before = files(read_only)
    done = rights.run(read_only, "pytest_ctb.cli", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ctb: ")
    assert done.stderr.endswith(": cannot be written: Permission denied\n")
    assert len(done.stderr.splitlines()) == 1
    assert files(read_only) == before


@pytest.mark.parametrize("arguments", WRITING, ids=" ".join)
def test_the_same_where_it_can_be_written(team, arguments):
    done = rights.run(team, "pytest_ctb.cli", *arguments, obeys=False)
    assert done.returncode in {0, 1}, done.stderr
    assert "cannot be written" not in done.stderr
    assert not list(team.rglob(".ctb-*"))


@pytest.mark.parametrize(
    "arguments",
    [("check",), ("order",), ("fix", "--diff"), ("explain",), ("contracts", "--check"), ("diagram",)],
    ids=" ".join,
)
def test_what_writes_nothing_works_in_a_checkout_that_is_read_only(read_only, arguments):
    done = rights.run(read_only, "pytest_ctb.cli", *arguments, obeys=False)
    assert done.returncode in {0, 1}
    assert "Permission denied" not in done.stderr


def test_a_file_that_may_be_written_in_a_folder_that_may_not(tmp_path):
    (tmp_path / "a.py").write_text(
        "from pathlib import Path\nfrom pytest_ctb.repository import writing\npath = Path('kept.json')\n"
        "writing.check(path)\nwriting.write(path, b'new')\n"
    )
    (tmp_path / "kept.json").write_text("old")
    tmp_path.chmod(0o555)
    done = rights.run(tmp_path, "a")
    tmp_path.chmod(0o755)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "kept.json").read_text() == "new"


@pytest.mark.parametrize("output", ["pytest.ini/x.mermaid", "pytest.ini/", "x" * 300, "a\0b"])
def test_a_path_that_no_file_can_have(team, output, monkeypatch, capsys):
    from pytest_ctb.cli import main

    monkeypatch.chdir(team)
    with pytest.raises(SystemExit) as ended:
        main(["diagram", "-o", output])
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert len(said.splitlines()) == 1
    assert "Traceback" not in said


# --- the reports of a run ---------------------------------------------------------------------------------------------


def test_a_report_that_cannot_be_written_is_told_before_the_run(read_only):
    done = rights.run(read_only, "pytest", "--ctb", "-p", "no:cacheprovider", "--ctb-report=r.json")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.strip() == f"ERROR: --ctb-report {read_only}/r.json: cannot be written: Permission denied"
    assert done.stdout == ""


@pytest.mark.parametrize("number", ["", "-n2"])
def test_a_probe_leaves_what_is_there(team, number):
    (team / "r.json").write_text("mine")
    when = (team / "r.json").stat().st_mtime_ns
    arguments = [
        "pytest",
        "--ctb",
        "--ctb-report=r.json",
        "--ctb-report=r.sarif",
        "--co",
        "-q",
        *([number] if number else []),
    ]
    (team / "conftest.py").write_text("import os\ndef pytest_collection_finish():\n    os._exit(7)\n")
    done = rights.run(team, *arguments)
    assert done.returncode != 0
    assert ((team / "r.json").read_text(), (team / "r.json").stat().st_mtime_ns) == ("mine", when)
    assert not (team / "r.sarif").exists()
    assert not list(team.rglob(".ctb-*"))


LATE = {
    "a folder in its place": "    os.unlink('r.json') if os.path.exists('r.json') else None\n    os.mkdir('r.json')\n",
    "no room": "    import resource\n    resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))\n",
}


@pytest.mark.parametrize("why", LATE)
@pytest.mark.parametrize(("expression", "code"), [("file-name", 3), ("if-not-exists", 1)])
def test_a_report_that_fails_at_the_end_keeps_the_summary(team, why, expression, code):
    """As a disk does that is full: one message, pytest's summary, the other reports, and no success."""
    (team / "r.json").write_text("mine")
    (team / "conftest.py").write_text(f"import os\ndef pytest_collection_finish():\n{LATE[why]}")
    done = rights.run(
        team, "pytest", "--ctb", "-m", "ctb_static", "-k", expression, "-p", "no:cacheprovider",
        "--ctb-report=r.json", "--ctb-report=r.md",
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout.count("cannot be written") == (2 if why == "no room" else 1)
    assert f"ctb: --ctb-report {team}/r.json: cannot be written: " in done.stdout
    assert " passed" in done.stdout.splitlines()[-1]
    assert "Traceback" not in done.stdout + done.stderr
    if why == "no room":
        assert (team / "r.json").read_text() == "mine"
        assert not (team / "r.md").exists()
    else:
        assert (team / "r.md").read_text().startswith("**")
    assert not list(team.rglob(".ctb-*"))


def test_a_device_is_no_report(team):
    (team / "r.json").symlink_to("/dev/null")
    os.mkfifo(team / "r.md")
    for name in ("r.json", "r.md"):
        done = rights.run(team, "pytest", "--ctb", f"--ctb-report={name}")
        assert done.returncode == pytest.ExitCode.USAGE_ERROR
        assert f"--ctb-report {team}/{name}: is a device, and no file" in done.stderr


def test_a_report_through_a_link_keeps_it(team):
    (team / "kept").mkdir()
    (team / "kept" / "real.json").write_text("old")
    (team / "kept" / "real.json").chmod(0o600)
    (team / "r.json").symlink_to("kept/real.json")
    assert (
        rights.run(team, "pytest", "--ctb", "-m", "ctb_static", "-k", "file-name", "--ctb-report=r.json").returncode
        == 0
    )
    assert (team / "r.json").is_symlink()
    assert json.loads((team / "kept" / "real.json").read_text())["version"] == 1
    assert (team / "kept" / "real.json").stat().st_mode & 0o777 == 0o600


def test_a_new_file_has_the_mode_that_others_have(tmp_path):
    writing.write(tmp_path / "a", b"x")
    (tmp_path / "b").write_bytes(b"x")
    assert (tmp_path / "a").stat().st_mode == (tmp_path / "b").stat().st_mode
    with pytest.raises(FileExistsError):
        writing.make(tmp_path / "a", b"y")
    with pytest.raises(ConfigError, match="cannot be written: "):
        writing.write(tmp_path / "a" / "b", b"y")
    with pytest.raises(ConfigError, match="cannot be removed: "):
        writing.remove(tmp_path / "none")
    assert (tmp_path / "a").read_bytes() == b"x"
