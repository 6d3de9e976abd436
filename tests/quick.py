"""Which tests are quick: those that start nothing, neither a server nor a program nor a run of pytest.

Nobody lists them. What a test starts shows in the names that it uses, and those that its fixtures and helpers use in turn.
`make test-fast` runs them, with those that carry the marker `quick` themselves.
"""

from __future__ import annotations

import inspect
import sys
import types
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
STARTING = {
    "subprocess", "Popen", "fork", "multiprocessing",  # programs
    "choose", "choice_of", "look", "start", "connect", "replay", "Timeline",  # servers
    "runpytest", "runpytest_subprocess", "runpytest_inprocess", "inline_run", "CliRunner",  # runs
    "hypothesis", "lint_paths",  # what takes its time without starting anything
}  # fmt: skip
"""Names of what takes long, or starts what does."""
FIXTURES = {"server", "pytester", "browser", "live", "ctb", "forks"}
"""Fixtures that do, in plugins and in conftest.py."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the quick ones."""
    for item in items:
        if isinstance(item, pytest.Function) and not _starts_something(item):
            item.add_marker("quick")


def _starts_something(item: pytest.Function) -> bool:
    if FIXTURES & set(item.fixturenames) or hasattr(item.obj, "hypothesis"):
        return True
    definitions = item._fixtureinfo.name2fixturedefs  # pytest tells it nowhere else
    fixtures = [definition.func for several in definitions.values() for definition in several]
    return any(starts(function) for function in (item.function, *fixtures))


@cache
def starts(function: Callable[..., Any]) -> bool:
    """Whether the function, or one of ours that it names, has a name of what starts something."""
    seen: set[Any] = set()
    waiting: list[Any] = [function]
    while waiting:
        current = inspect.unwrap(waiting.pop())
        if isinstance(current, type):
            waiting += vars(current).values()
        if not isinstance(current, types.FunctionType) or current in seen:
            continue
        seen.add(current)
        names = set(_names(current.__code__))
        if names & STARTING:
            return True
        places = [
            current.__globals__,
            *(vars(module) for module in map(current.__globals__.get, names) if _ours(module)),
        ]
        waiting += [place[name] for place in places for name in names if name in place and _ours(place[name])]
    return False


def _names(code: types.CodeType) -> Iterator[str]:
    """Every global, attribute and import that a function's code uses, and the functions inside it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)


def _ours(value: Any) -> bool:
    """A function, class or module of the tests: what the package does stands in STARTING."""
    module = value if isinstance(value, types.ModuleType) else sys.modules.get(getattr(value, "__module__", None) or "")
    return Path(getattr(module, "__file__", None) or "/").parent == HERE
