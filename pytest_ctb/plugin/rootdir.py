"""The root of a run: what stands behind one of our options is no path to tests.

pytest looks for its root and its ini file before it loads plugins, so that it knows none of their options by then, and
takes `/elsewhere/r.json` in `--ctb-report /elsewhere/r.json` for a path to tests if there is such a file. Nothing of a
plugin runs before that. So where the root came out another one, the run is begun anew, with the options written as
`--ctb-report=/elsewhere/r.json`, which leaves nothing to be mistaken.
"""

from __future__ import annotations

import inspect
import os
import shlex
from collections.abc import Generator, Iterable, Iterator

import pytest
from _pytest.config.findpaths import determine_setup

_anew = pytest.StashKey[list[str]]()
_ADDOPTS = "PYTEST_ADDOPTS"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """See whether pytest has taken a value for a path; if so, let this run load and parse nothing any more."""
    if any(one.startswith("--ctb-") for one in args):
        given = [str(one) for one in early_config.invocation_params.args]
        joined = list(_joined(parser, given))
        inherited = shlex.split(os.environ.get(_ADDOPTS, ""))
        if (joined != given or list(_joined(parser, inherited)) != inherited) and _moved(early_config):
            early_config.stash[_anew] = joined
            early_config.known_args_namespace.noconftest = True
            args.clear()
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Begin anew where the root was another one."""
    joined = config.stash.get(_anew, None)
    if joined is None:
        return None
    inherited = os.environ.get(_ADDOPTS)
    if inherited is not None:
        os.environ[_ADDOPTS] = shlex.join(_joined(config._parser, shlex.split(inherited)))  # noqa: SLF001
    try:
        return int(pytest.main(joined, plugins=list(config.invocation_params.plugins or ())))
    finally:
        if inherited is not None:
            os.environ[_ADDOPTS] = inherited


def _joined(parser: pytest.Parser, args: Iterable[str]) -> Iterator[str]:
    """Arguments, with each option of ours and its value as one."""
    left = iter(args)
    for one in left:
        if one == "--":
            yield one
            break
        if one.startswith("--ctb-") and "=" not in one and _takes_a_value(parser, one):
            value = next(left, None)
            yield one if value is None else f"{one}={value}"
        else:
            yield one
    yield from left


def _takes_a_value(parser: pytest.Parser, option: str) -> bool:
    told = parser.parse_known_args([option, option.lstrip("-")])
    return not told.file_or_dir


def _moved(config: pytest.Config) -> bool:
    """Whether the root or the ini file is another one than with all options known."""
    known = config.known_args_namespace
    told = {
        "inifile": known.inifilename,
        "override_ini": known.override_ini,
        "args": known.file_or_dir,
        "rootdir_cmd_arg": known.rootdir or None,
        "invocation_dir": config.invocation_params.dir,
    }
    wanted = {name: told[name] for name in inspect.signature(determine_setup).parameters}
    root, ini, *_ = determine_setup(**wanted)
    return (root, ini) != (config.rootpath, config.inipath)
