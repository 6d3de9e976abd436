"""Read `ctb.toml`, or `[tool.pytest-ctb]` of `pyproject.toml`: our keys in TOML, with a table for each database.

The keys are those of the ini file without `ctb_`. Those at the top hold for all databases, those of a table
`[databases.NAME]` for one.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pytest_ctb.config.ini import TABLES
from pytest_ctb.config.options import OPTIONS, Kind, Option
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import lines
from pytest_ctb.repository.files import border, read_text

DATABASES = "databases"
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]*", re.ASCII)
_OPTIONS = {option.key.removeprefix("ctb_"): option for option in OPTIONS if option.key}


class Tables(NamedTuple):
    """What is set in TOML, by ini key. Paths are absolute."""

    place: str = ""
    """The file, and the table in it, for messages; empty where nothing is set in TOML."""
    common: Mapping[str, Any] = {}
    """The values that hold for all databases."""
    databases: Mapping[str, Mapping[str, Any]] = {}
    """The values of each database, by its name."""


def read_tables(root: Path) -> Tables:
    """What a repository sets in TOML. Raises ConfigError where a key or a value is not valid."""
    own, project = root / TABLES, root / "pyproject.toml"
    in_own = _document(own)
    in_project = _table(project, "tool", _document(project) or {}).get("pytest-ctb") if project.is_file() else None
    if in_own is not None and in_project is not None:
        raise ConfigError(f"{own} and [tool.pytest-ctb] in {project}: keep one of them")
    if in_own is not None:
        return _tables(own, "", in_own)
    if in_project is None:
        _refuse_above(root)
        return Tables()
    if not isinstance(in_project, dict):
        raise ConfigError(f"{project}: [tool.pytest-ctb] must be a table")
    return _tables(project, "tool.pytest-ctb", in_project)


def _refuse_above(root: Path) -> None:
    """Raise ConfigError where the file lies above the root, in the same repository: nothing would read it."""
    top = border(root)
    for folder in root.parents if root.resolve() != top else ():
        if (folder / TABLES).is_file():
            raise ConfigError(f"{folder / TABLES} lies above the root of this run, {root}: add --rootdir {folder}")
        if folder.resolve() == top:
            break


def _document(file: Path) -> Mapping[str, Any] | None:
    if not file.is_file():
        return None
    try:
        return tomllib.loads(read_text(file))
    except (ValueError, OSError, RecursionError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error


def _table(file: Path, name: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise ConfigError(f"{file}: {name} must be a table")
    return table


def _tables(file: Path, prefix: str, document: Mapping[str, Any]) -> Tables:
    place = f"{file} [{prefix}]" if prefix else str(file)
    top = {key: value for key, value in document.items() if key != DATABASES}
    common = _values(file, place, prefix, top)
    databases = {}
    for name, table in _table(file, DATABASES, document).items():
        inner = ".".join((*([prefix] if prefix else []), DATABASES, name))
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{file}: the name of a database has letters, digits, `_`, `-` and `.`: not {name!r}")
        if not isinstance(table, dict):
            raise ConfigError(f"{file}: {inner} must be a table: [{inner}]")
        databases[name] = _values(file, f"{file} [{inner}]", prefix, table)
    return Tables(place, common, databases)


def _values(file: Path, place: str, prefix: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The values of one table by ini key."""
    values = {}
    for key, value in table.items():
        option = _OPTIONS.get(key)
        if option is None:
            raise ConfigError(f"{place}: unknown key {key!r}{_hint(key, value, prefix)}")
        values[option.key] = _value(file, place, key, option, value)
    return values


def _hint(key: str, value: object, prefix: str) -> str:
    if isinstance(value, dict):
        databases = f"{prefix}.{DATABASES}" if prefix else DATABASES
        return f"; a database is a table [{databases}.{key}]"
    near = difflib.get_close_matches(key.removeprefix("ctb_"), _OPTIONS, n=1)
    return f"; did you mean {near[0]}?" if near else f" (known: {', '.join(_OPTIONS)})"


def _value(file: Path, place: str, key: str, option: Option, value: object) -> Any:
    """A value with the type that `getini` of pytest gives it; of a list with one element the text is enough."""
    if option.kind is Kind.TEXT:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
        raise ConfigError(f"{place}: {key} must be a text, not {value!r}")
    texts = ([value] if option.kind is Kind.PATHS else lines(value)) if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise ConfigError(f"{place}: {key} must be a list of texts, not {value!r}")
    if option.kind is Kind.PATHS:
        return [file.parent / text for text in texts]
    return [text.strip() for text in texts if text.strip()]
