"""`make test-fast` runs what starts nothing, and a few tests that say of themselves that they start little."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager

import pytest

import machine
from quick import starts


def _started():
    return subprocess.run(["true"], check=True)


class _Starter:
    def go(self):
        return _started()


@contextmanager
def _surrounded():
    yield _started()


SLOW = {
    "itself": lambda: subprocess.run(["true"], check=True),
    "by a helper": lambda: [_started()],
    "by a method": lambda: _Starter().go(),
    "by a context manager": lambda: [_surrounded()],
    "in a function inside": lambda: [_started() for _ in range(2)],
    "by a helper of another module": lambda: machine.managed(18),
    "by the package": lambda: machine.choose(machine.Wanted("embedded")),
}
QUICK = {
    "nothing": lambda: None,
    "a helper that starts nothing": lambda: machine.as_migrations("SELECT 1;"),
    "words alone": lambda: "subprocess.run",
}


@pytest.mark.parametrize("way", SLOW)
def test_what_starts_something_is_not_quick(way):
    assert starts(SLOW[way])


@pytest.mark.parametrize("way", QUICK)
def test_what_starts_nothing_is(way):
    assert not starts(QUICK[way])
