"""The ini file of pytest, for who runs without pytest, and the keys in it that are no paths.

It is looked for as pytest does it: https://docs.pytest.org/en/stable/reference/customize.html
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import iniconfig

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import lines
from pytest_ctb.repository.files import read_text

_INI = {"pytest.ini": "pytest", ".pytest.ini": "pytest", "tox.ini": "pytest", "setup.cfg": "tool:pytest"}
_VARIABLE = re.compile(r"\s*([^\s=]+)\s*=\s*(.*?)\s*", re.DOTALL)


def settings(start: Path) -> tuple[Path, Mapping[str, Any]]:
    """The folder of the nearest file that configures pytest, and what it says.

    Raises ConfigError where it cannot be read.
    """
    for folder in (start, *start.parents):
        for keys in _read(folder):
            return folder, keys
    without = [one for one in (start, *start.parents) if (one / "pyproject.toml").is_file()]
    return (without[0] if without else start), {}


def _read(folder: Path) -> Iterator[Mapping[str, Any]]:
    """What the files of one folder say, in the order in which pytest prefers them."""
    for name in ("pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
        path = folder / name
        if not path.is_file():
            continue
        try:
            if name == "pyproject.toml":
                tool = tomllib.loads(read_text(path)).get("tool", {}).get("pytest", {})
                if tool:
                    yield tool.get("ini_options", tool)
            else:
                ini = iniconfig.IniConfig(path, data=read_text(path))
                if _INI[name] in ini or name.endswith("pytest.ini"):
                    yield dict(ini[_INI[name]].items()) if _INI[name] in ini else {}
        except (tomllib.TOMLDecodeError, iniconfig.ParseError, UnicodeDecodeError, OSError, RecursionError) as error:
            raise ConfigError(f"{path}: cannot be read: {error}") from error


def variables(told: str | Iterable[str] | None) -> Mapping[str, str]:
    """The values of `ctb_variables`, one `name = value` a line. Raises ConfigError for a line that is none."""
    found = {}
    for line in lines(told) if isinstance(told, str) else told or ():
        if not line.strip():
            continue
        one = _VARIABLE.fullmatch(line)
        if one is None:
            raise ConfigError(f"ctb_variables (--ctb-variable): {line.strip()!r} is not name = value")
        found[one[1]] = one[2]
    return found
