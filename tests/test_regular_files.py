"""Only regular files of the repository are read; a setting that names anything else is told in a line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_ctb.cli.project import find
from pytest_ctb.errors import CtbError
from pytest_ctb.repository.files import NotAFileError, leads_out, read_bytes, read_text
from pytest_ctb.repository.layouts import layouts

GOOD = "ALTER TABLE t DROP COLUMN a;\n"


def pipe(path, _elsewhere):
    os.mkfifo(path)


def bound(path, _elsewhere):
    here = Path.cwd()
    os.chdir(path.parent)  # its name must be short
    try:
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(path.name)
    finally:
        os.chdir(here)


def device(path, _elsewhere):
    path.symlink_to("/dev/zero")


def outside(path, elsewhere):
    (elsewhere / "secret").write_text("classified;\n")
    path.symlink_to(elsewhere / "secret")


KINDS = {"a named pipe": pipe, "a socket": bound, "a device": device, "leads out of the repository": outside}


@pytest.fixture
def root(tmp_path):
    """A repository with one migration."""
    root = tmp_path / "repository"
    (root / "migrations").mkdir(parents=True)
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "migrations" / "2025-10-20_add_y.sql").write_text(GOOD)
    (tmp_path / "elsewhere").mkdir()
    return root


def run(root, *args, program="pytest_ctb.cli"):
    return subprocess.run(
        [sys.executable, "-m", program, *args], cwd=root, capture_output=True, text=True, check=False, timeout=60
    )


def suite(root, *args):
    return run(root, "--ctb", "-m", "ctb_static", "-p", "no:cacheprovider", *args, program="pytest")


@pytest.mark.parametrize("kind", KINDS)
def test_a_migration_that_is_no_file_is_a_finding_and_others_are_judged(root, kind):
    KINDS[kind](root / "migrations" / "2025-10-21_add_z.sql", root.parent / "elsewhere")
    done = run(root, "check")
    assert done.returncode == 1
    assert "2025-10-21_add_z.sql:1:1: CT02 file-encoding: " in done.stdout
    assert kind in done.stdout
    assert "2025-10-20_add_y.sql:1:15: CT08" in done.stdout
    assert "classified" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    done = suite(root)
    assert "2025-10-21_add_z.sql::file-encoding" in done.stdout
    assert "INTERNALERROR" not in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize("layout", sorted(layouts()))
def test_in_every_layout(root, layout):
    """Recognised, ordered, read: nothing waits for a pipe."""
    (root / "pytest.ini").write_text(f"[pytest]\nctb_layout = {layout}\nctb_migrations = migrations\n")
    for name in (
        "1_a.sql",
        "V1__a.sql",
        "metadata.toml",
        "V1__a.sql.conf",
        "changelog.xml",
        "sqitch.plan",
        "0001_a.up.sql",
        "0001_a.down.sql",
    ):
        os.mkfifo(root / "migrations" / name)
    done = run(root, "check")
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "name",
    ["ctb-baseline.json", "rules/x.yml", "consumers/x.sql", "infra/neon.sql", "schemas/x.json", "migrations/order.txt"],
)
def test_whatever_is_read_is_a_file(root, kind, name):
    path = root / name
    path.parent.mkdir(exist_ok=True)
    KINDS[kind](path, root.parent / "elsewhere")
    for done in (run(root, "check"),):
        told = done.stdout + done.stderr
        assert "Traceback" not in told
        assert "INTERNALERROR" not in told
        assert "classified" not in told
        assert done.returncode in {1, 2, 4}


def test_links_inside_are_followed_and_so_is_one_to_the_checkout(root):
    (root / "migrations" / "2025-10-21_add_z.sql").symlink_to("2025-10-20_add_y.sql")
    (root / "more").mkdir()
    (root / "more" / "2025-10-22_add_w.sql").write_text(GOOD)
    (root / "migrations" / "more").symlink_to(root / "more")
    (root.parent / "link").symlink_to(root)
    for at in (root, root.parent / "link"):
        done = run(at, "check")
        assert done.stdout.count(": CT08 ") == 3, done.stdout + done.stderr
        assert "link leads" not in done.stdout


def test_a_repository_reaches_as_far_as_git_keeps_it(root):
    outside(root / "migrations" / "2025-10-21_add_z.sql", root.parent / "elsewhere")
    (root.parent / ".git").mkdir()
    assert "leads out" not in run(root, "check").stdout


def test_a_folder_that_leads_out_is_not_walked(root):
    (root / "migrations" / "more").symlink_to(root.parent / "elsewhere")
    done = run(root, "check")
    assert done.returncode == 2
    assert "more: a symbolic link that leads out of the repository" in done.stderr


def test_what_somebody_names_outside_is_his_choice(root):
    elsewhere = root.parent / "elsewhere"
    (elsewhere / "2025-10-21_add_z.sql").write_text(GOOD)
    assert "elsewhere/2025-10-21_add_z.sql:1:15: CT08" in run(root, "--migrations", elsewhere, "check").stdout


def test_an_included_pipe(root):
    os.mkfifo(root / "rows.sql")
    (root / "migrations" / "2025-10-21_add_z.sql").write_text("\\i rows.sql\nSELECT 1;\n")
    done = run(root, "check")
    assert "2025-10-21_add_z.sql:1:1: CT09" in done.stdout


def test_what_is_read_is_read_as_it_stands(tmp_path):
    (tmp_path / "a").write_bytes(b"a\r\nb\rc\xff")
    assert read_bytes(tmp_path / "a") == b"a\r\nb\rc\xff"
    assert read_text(tmp_path / "a", errors="replace") == "a\nb\nc\ufffd"
    for path, error in ((tmp_path, NotAFileError), (tmp_path / "none", FileNotFoundError), ("a\0b", NotAFileError)):
        with pytest.raises(error) as told:
            read_bytes(path)
        assert told.value.strerror
    (tmp_path / "b").symlink_to("a")
    assert leads_out(tmp_path / "b", tmp_path) is None
    (tmp_path / "c").symlink_to("c")
    with pytest.raises(OSError, match="symbolic links"):
        read_bytes(tmp_path / "c", tmp_path)


PATHS = {
    "a device": "/dev/zero",
    "too long": "a" * 5000,
    "too long in parts": "a/" * 5000,
    "a circle": "circle",
    "a quote": "'a",
    "a file": "pytest.ini/a",
    "control characters": "a\x01b",
    "nothing": "''",
}
KEYS = [
    "ctb_migrations", "ctb_base", "ctb_consumers", "ctb_rules", "ctb_prelude", "ctb_baseline", "ctb_contracts", "ctb_layout", "ctb_variables",
    "ctb_verify_ignore", "ctb_postgres", "ctb_postgres_version", "ctb_postgres_image", "ctb_role", "ctb_timeout", "ctb_stand_ins",
]  # fmt: skip


@pytest.mark.parametrize("value", PATHS)
@pytest.mark.parametrize("key", KEYS)
def test_no_setting_ends_in_a_traceback(root, key, value):
    (root / "circle").symlink_to("circle")
    (root / "pytest.ini").write_text(f"[pytest]\n{key} = {PATHS[value]}\n")
    read_all(root)


@pytest.mark.parametrize("key", ["ctb_migrations", "ctb_base", "ctb_prelude", "ctb_rules", "ctb_timeout"])
@pytest.mark.parametrize("value", ["5", '["a\\u0000b"]', "true", "{a = 1}", "[[[]]]"])
def test_values_of_toml(root, key, value):
    (root / "pytest.ini").unlink()
    (root / "pyproject.toml").write_text(f"[tool.pytest.ini_options]\n{key} = {value}\n")
    read_all(root)


def read_all(root):
    """Whatever is wrong is one line."""
    told = ""
    try:
        project = find(root)
        assert project.suite
        assert project.prelude is not None
    except CtbError as error:
        told = str(error)
    assert "\n" not in told


@pytest.mark.parametrize(
    ("key", "value"),
    [("ctb_rules", "a device"), ("ctb_migrations", "a quote"), ("ctb_base", "too long"), ("ctb_baseline", "a circle")],
)
def test_the_suite_says_so_in_a_line(root, key, value):
    (root / "circle").symlink_to("circle")
    (root / "pytest.ini").write_text(f"[pytest]\n{key} = {PATHS[value]}\n")
    done = suite(root, "-q")
    assert done.returncode == 4
    (line,) = filter(None, done.stderr.splitlines())
    assert line.startswith("ERROR: ")
    assert len(line) < 500


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rules/x.yml", "a: " + "[" * 3000),
        ("ctb-baseline.json", "[" * 100_000),
        ("pyproject.toml", "a = " + "[" * 3000),
    ],
)
def test_what_nests_too_deep_is_told(root, name, text):
    (root / name).parent.mkdir(exist_ok=True)
    (root / name).write_text(text)
    if name == "pyproject.toml":
        (root / "pytest.ini").unlink()
    done = run(root, "check")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
