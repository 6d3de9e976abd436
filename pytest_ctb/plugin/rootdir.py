"""Keep pytest from taking the value of one of our options for a path to tests.

pytest looks for its root and its ini file before it loads plugins, so that it knows none of their options by then, and
takes `/elsewhere/r.json` in `--ctb-report /elsewhere/r.json` for a path to tests if there is such a file. Nothing of a
plugin runs before that. So where that gave another root, pytest is started again, with the options written as
`--ctb-report=/elsewhere/r.json`, which is unambiguous.
"""

from __future__ import annotations

import inspect
import os
import shlex
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import pytest
from _pytest.config.findpaths import determine_setup

_rerun_arguments = pytest.StashKey[list[str]]()
_ADDOPTS = "PYTEST_ADDOPTS"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, None, None]:
    """Find out whether pytest took a value for a path; if so, this run loads and parses nothing more."""
    if any(argument.startswith("--ctb-") for argument in args):
        given = [str(argument) for argument in early_config.invocation_params.args]
        joined = list(_with_joined_values(parser, given))
        inherited = shlex.split(os.environ.get(_ADDOPTS, ""))
        if (joined != given or list(_with_joined_values(parser, inherited)) != inherited) and _root_differs(
            early_config
        ):
            early_config.stash[_rerun_arguments] = joined
            early_config.known_args_namespace.noconftest = True
            args.clear()
    yield


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Start pytest again where the root was wrong."""
    joined = config.stash.get(_rerun_arguments, None)
    if joined is None:
        return None
    inherited = os.environ.get(_ADDOPTS)
    if inherited is not None:
        os.environ[_ADDOPTS] = shlex.join(_with_joined_values(config._parser, shlex.split(inherited)))  # noqa: SLF001
    try:
        return int(pytest.main(joined, plugins=list(config.invocation_params.plugins or ())))
    finally:
        if inherited is not None:
            os.environ[_ADDOPTS] = inherited


def _with_joined_values(parser: pytest.Parser, args: Iterable[str]) -> Iterator[str]:
    """The arguments, with each of our options and its value joined: `--ctb-report=PATH`."""
    arguments = iter(args)
    for argument in arguments:
        if argument == "--":
            yield argument
            break
        if argument.startswith("--ctb-") and "=" not in argument and _takes_a_value(parser, argument):
            value = next(arguments, None)
            yield argument if value is None else f"{argument}={value}"
        else:
            yield argument
    yield from arguments


def _takes_a_value(parser: pytest.Parser, option: str) -> bool:
    parsed = parser.parse_known_args([option, option.lstrip("-")])
    return not parsed.file_or_dir


def _root_differs(config: pytest.Config) -> bool:
    """Whether pytest would choose another root or ini file if it knew all options."""
    known = config.known_args_namespace
    arguments = {
        "inifile": known.inifilename,
        "override_ini": known.override_ini,
        "args": known.file_or_dir,
        "rootdir_cmd_arg": known.rootdir or None,
        "invocation_dir": config.invocation_params.dir,
    }
    wanted = {name: arguments[name] for name in inspect.signature(determine_setup).parameters}
    root, ini, *_ = determine_setup(**wanted)
    return (root, ini) != (config.rootpath, config.inipath)


def misspelt_files(start: Path, paths: Iterable[str]) -> Iterator[str]:
    """A line for each path that names no file, where its folder has one of nearly that name."""
    from pytest_ctb.model.misspelt import did_you_mean  # noqa: PLC0415  # a run without --ctb imports nothing

    for path in paths:
        file = start / path
        if not file.exists():
            names = {other.name: f"{path.removesuffix(file.name)}{other.name}" for other in file.parent.glob("*.sql")}
            if hint := did_you_mean(file.name, names, shown=names):
                yield f"{path} does not exist{hint}"
