"""Add the options of `pytest --ctb` and their ini keys to pytest, and read their values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_ctb.config.options import OPTIONS, Kind, Option
from pytest_ctb.errors import ConfigError
from pytest_ctb.repository.paths import normal

if TYPE_CHECKING:
    from pytest_ctb.config.settings import Config
    from pytest_ctb.config.shard import Shard


def add(parser: pytest.Parser) -> None:
    """Add the options and their ini keys."""
    group = parser.getgroup("ctb", "migration guidelines (pytest-ctb)")
    for option in OPTIONS:
        if option.name:
            group.addoption(option.name, dest=option.attribute, help=option.help, **_read_as(option))
        if option.key:
            parser.addini(option.key, option.help, type=option.kind.value, default=None)


def _read_as(option: Option) -> dict[str, Any]:
    if option.kind is Kind.SWITCH:
        return {"action": "store_true"}
    return {"metavar": option.metavar, "default": None, "action": "append" if option.repeatable else "store"}


def configs_of(config: pytest.Config) -> tuple[Config, ...]:
    """The configuration of each database of this run. Raises ConfigError where a value is not valid."""
    from pytest_ctb.config import ini as ini_file  # noqa: PLC0415  # only a run with --ctb pays for it
    from pytest_ctb.config.databases import configs_from  # noqa: PLC0415

    ini_file.refuse_misspelt(_unknown_keys(config), str(config.inipath or "-o"))
    ini = {option.key: _ini(config, option.key) for option in OPTIONS if option.key}
    chosen = config.getoption("--ctb-database") or ""
    return configs_from(config.rootpath, ini, config.invocation_params.dir, given(config), chosen)


def given(config: pytest.Config) -> dict[str, Any]:
    """The options of the command line that have an ini key, by that key."""
    values = {option.key: config.getoption(option.attribute) for option in OPTIONS if option.key and option.name}
    return {key: value for key, value in values.items() if value}


def shard_of(config: pytest.Config) -> Shard:
    """The part of the history that this run watches. Raises ConfigError."""
    from pytest_ctb.config.shard import WHOLE, parse_shard  # noqa: PLC0415

    text = config.getoption("--ctb-shard")
    return parse_shard(text) if text is not None else WHOLE


def _unknown_keys(config: pytest.Config) -> Iterator[str]:
    """The keys of the ini file that neither pytest nor a plugin knows."""
    keys = getattr(config, "_inicfg", None)  # pytest 9 warns of the public name
    for key in config.inicfg if keys is None else keys:
        try:
            config.getini(key)
        except ValueError as error:
            if "unknown configuration value" in str(error):
                yield key
        except TypeError:  # a value of another type, which `_ini` reports
            continue


def _ini(config: pytest.Config, key: str) -> Any:
    try:
        return config.getini(key)
    except (ValueError, TypeError) as error:  # a quote that nothing closes, a number where a list belongs
        raise ConfigError(f"{key} in the ini file: {error}") from error


def reports(config: pytest.Config) -> list[Path]:
    """The files that reports are written to."""
    return [normal(config.invocation_params.dir / path) for path in config.getoption("--ctb-report") or ()]


def earlier_report(config: pytest.Config) -> Path | None:
    """The JSON report that `--ctb-compare` names."""
    path = config.getoption("--ctb-compare")
    return normal(config.invocation_params.dir / path) if path else None


_CHOOSING = ("collectonly", "keyword", "markexpr", "deselect", "lf", "stepwise", "setuponly", "setupplan")
"""Options of pytest that leave out some tests, or all."""


def runs_all_tests(config: pytest.Config) -> bool:
    """Whether this process runs every test that it collects: no option leaves one out, no worker of xdist runs it."""
    elsewhere = hasattr(config, "workerinput") or config.pluginmanager.has_plugin("dsession")
    return not elsewhere and not any(getattr(config.option, name, None) for name in _CHOOSING)
