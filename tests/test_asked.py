"""What programs say of themselves: remembered until the program is another, and asked anew where that cannot be told."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from pytest_ctb.postgres import program_output
from pytest_ctb.postgres.program_output import program_output as ask


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "pytest-ctb"


@pytest.fixture
def program(tmp_path):
    """Says what it is asked, and notes that it was."""
    return written(tmp_path / "bin" / "postgres", "15.1")


def written(path, version: str, status: int = 0):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'#!/bin/sh\necho "$1" >> "{path}.asked"\necho "{version} $1"\nexit {status}\n')
    path.chmod(0o755)
    return path


def times(program) -> int:
    return len(program.with_name(f"{program.name}.asked").read_text().splitlines())


def test_each_question_is_asked_once(cache, program):
    assert [ask(program, "--version") for _ in range(3)] == ["15.1 --version"] * 3
    assert ask(program, "--bindir") == "15.1 --bindir"
    assert times(program) == 2
    assert (cache / "said.json").stat().st_mode & 0o077 == 0


def test_one_that_was_upgraded_in_place_is_asked_again(program):
    ask(program, "--version")
    written(program, "15.2")
    assert ask(program, "--version") == "15.2 --version"
    os.utime(program, (0, 0))  # a package of the same size, unpacked with its own times
    ask(program, "--version")
    assert times(program) == 3


def test_a_script_is_asked_again_when_there_is_more_to_choose_from(program):
    ask(program, "--bindir", depends_on="/usr/lib/postgresql/15/bin")
    ask(program, "--bindir", depends_on="/usr/lib/postgresql/15/bin")
    ask(program, "--bindir", depends_on="/usr/lib/postgresql/17/bin /usr/lib/postgresql/15/bin")
    assert times(program) == 2


def test_one_that_fails_is_asked_each_time(program):
    written(program, "15.1", status=1)
    assert ask(program, "--version") == ""
    written(program, "15.1")
    assert ask(program, "--version") == "15.1 --version"
    assert ask(program.with_name("nothing"), "--version") == ""


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}', b"\xff\xfe", None])
def test_what_cannot_be_read_is_asked_anew(cache, program, content):
    ask(program, "--version")
    (cache / "said.json").unlink()
    if content is None:
        (cache / "said.json").mkdir()
    else:
        (cache / "said.json").write_bytes(content)
    assert ask(program, "--version") == "15.1 --version"
    assert times(program) == 2
    if content is not None:
        assert ask(program, "--version") == "15.1 --version"
        assert times(program) == 2, "the broken file was written anew"


def test_a_cache_that_others_may_write_is_not_believed(cache, program):
    ask(program, "--version")
    known = cache / "said.json"
    known.write_text(known.read_text().replace("15.1", "99.9"))
    assert ask(program, "--version") == "99.9 --version", "the file is where answers come from"
    cache.chmod(0o777)
    assert ask(program, "--version") == "15.1 --version"


def test_several_at_once_all_get_their_answer(cache, program):
    options = [f"--{number}" for number in range(12)] * 2
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda one: ask(program, one), options)) == [f"15.1 {option}" for option in options]
    assert json.loads((cache / "said.json").read_text())
    assert [path.name for path in cache.iterdir()] == ["said.json"]


def test_the_latest_answers_are_kept(cache, program):
    for number in range(program_output._LIMIT + 3):
        ask(program, "--version", depends_on=str(number))
    assert len(json.loads((cache / "said.json").read_text())) == program_output._LIMIT
    before = times(program)
    ask(program, "--version", depends_on=str(program_output._LIMIT + 2))
    assert times(program) == before
    ask(program, "--version", depends_on="0")
    assert times(program) == before + 1
