"""Read the ini file of pytest, for `ctb` and sqlfluff, which run without pytest.

The file is found and read as pytest 9 does it:
https://docs.pytest.org/en/stable/reference/customize.html#initialization-determining-rootdir-and-configfile
"""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import iniconfig

from pytest_ctb.config.options import OPTIONS, Kind, Option
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import lines
from pytest_ctb.model.misspelt import did_you_mean
from pytest_ctb.repository.files import read_text

TABLES = "ctb.toml"
"""The file of our own, which marks the root for `ctb` and sqlfluff; `tables` reads it. pytest knows nothing of it."""
Keys = Mapping[str, Any]


class Section(NamedTuple):
    """The part of a file that configures pytest."""

    keys: Keys
    native: bool = False
    """The values have the types of TOML; else each is a text or a list of texts."""


class Ini(NamedTuple):
    """Our keys in the nearest file that configures pytest."""

    root: Path
    """The folder that pytest takes for the root of the project."""
    file: Path | None
    """None: no file configures pytest."""
    values: Mapping[str, Any]
    """The values of those of our keys that are set: a text, a list of absolute paths, a list of lines."""


def find(start: Path) -> Ini:
    """The configuration of the project that a folder belongs to.

    Raises ConfigError where a file cannot be read, or the value of one of our keys is not valid.
    """
    folders = (start, *start.parents)
    for folder in folders:
        for name, read in _FILES.items():
            file = folder / name
            section = _section(file, read) if file.is_file() else None
            if section is not None:
                refuse_misspelt(section.keys, str(file))
                values = {key: _value(file, section, option) for key, option in _KEYS.items() if key in section.keys}
                return Ini(folder, file, values)
    marks = (
        folder for mark in (TABLES, "pyproject.toml", "setup.py") for folder in folders if (folder / mark).is_file()
    )
    return Ini(next(marks, start), None, {})


def refuse_misspelt(keys: Iterable[str], file: str) -> None:
    """Raise ConfigError where a key looks like a misspelt one of ours; `file` is named in the message."""
    for key in keys:
        hint = did_you_mean(key, _KEYS, 0.8) if "ctb" in key and key not in _KEYS else ""
        if hint:
            raise ConfigError(f"{file}: unknown key {key!r}{hint}")


def _section(file: Path, read: Callable[[Path], Section | None]) -> Section | None:
    try:
        return read(file)
    except (iniconfig.ParseError, ValueError, OSError, RecursionError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error


def _pytest_toml(file: Path) -> Section:
    document = tomllib.loads(read_text(file))
    if "pytest" not in document and any(not isinstance(value, dict) for value in document.values()):
        raise ValueError("the settings of pytest must be in a table [pytest]")
    return Section(_table(document, "pytest"), native=True)


def _pyproject(file: Path) -> Section | None:
    table = _table(_table(tomllib.loads(read_text(file)), "tool"), "pytest")
    native = {key: value for key, value in table.items() if key != "ini_options"}
    if native and table.get("ini_options"):
        raise ValueError("it has both [tool.pytest] and [tool.pytest.ini_options]; pytest takes one of them")
    if native:
        return Section(native, native=True)
    if "ini_options" not in table:
        return None
    options = _table(table, "ini_options")
    return Section({key: value if isinstance(value, list) else str(value) for key, value in options.items()})


def _table(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise ValueError(f"{name} is not a table")  # noqa: TRY004  # of a document, not of a program
    return table


def _ini(file: Path, section: str = "pytest") -> Section | None:
    ini = iniconfig.IniConfig(file, data=read_text(file))
    return Section(dict(ini[section].items())) if section in ini else None


def _pytest_ini(file: Path) -> Section:
    return _ini(file) or Section({})


def _setup_cfg(file: Path) -> Section | None:
    return _ini(file, "tool:pytest")


_FILES: Mapping[str, Callable[[Path], Section | None]] = {
    "pytest.toml": _pytest_toml,
    ".pytest.toml": _pytest_toml,
    "pytest.ini": _pytest_ini,
    ".pytest.ini": _pytest_ini,
    "pyproject.toml": _pyproject,
    "tox.ini": _ini,
    "setup.cfg": _setup_cfg,
}
"""The reader of each file, in pytest's order of preference. A file named for pytest counts even if it is empty."""

_KEYS = {option.key: option for option in OPTIONS if option.key}


def _value(file: Path, section: Section, option: Option) -> Any:
    """The value of a key, as pytest's `getini` gives it."""
    value = section.keys[option.key]
    if section.native or not isinstance(value, str):
        _refuse(file, option, value, native=section.native)
    if option.kind is Kind.TEXT:
        return str(value)
    if option.kind is Kind.LINES:
        return [line.strip() for line in lines(value) if line.strip()] if isinstance(value, str) else value
    try:
        paths = shlex.split(value) if isinstance(value, str) else value
    except ValueError as error:  # a quote that nothing closes
        raise ConfigError(f"{option.key} in the ini file: {error} ({file})") from error
    return [file.parent / path for path in paths]


def _refuse(file: Path, option: Option, value: object, *, native: bool) -> None:
    texts = isinstance(value, list) and all(isinstance(item, str) for item in value)
    if option.kind is Kind.TEXT:
        fits = isinstance(value, str) or not native
        wanted = "a text in quotes"
    else:
        fits = texts
        wanted = "a list of texts"
    if not fits:
        raise ConfigError(f"{option.key} in the ini file: expects {wanted}, not {value!r} ({file})")
