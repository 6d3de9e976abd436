"""A pytest plugin under which pytest-ctb keeps nothing of a run, as where no cache can be written."""

from __future__ import annotations

from pathlib import Path

from pytest_ctb.replay import cache as memory


def _refuse(_folder: Path, *_rest: object, **_options: object) -> None:
    raise OSError


memory.Cache = _refuse  # type: ignore[assignment, misc]
