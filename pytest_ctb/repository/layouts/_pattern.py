"""A layout given as a pattern of file names, applied by `psql -f` in the order of their numbers."""

import re

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Tool
from pytest_ctb.repository.layouts import Layout

_PLACEHOLDERS = {
    "number": r"(?P<version>\d+)",
    "version": r"(?P<version>\d+(?:[._-]\d+)*)",
    "date": r"(?P<version>\d{4}-\d{2}-\d{2})",
    "name": r"[^/]+",
}


def pattern(option: str) -> Layout:
    """The layout of a pattern such as `{number}-{name}.sql`, or of two: of migrations and of rollback files.

    Raises ConfigError where a pattern is wrong.
    """
    up, *downs = option.split()
    if len(downs) > 1:
        raise ConfigError(f"--ctb-layout {option}: one pattern for what goes up, one for what takes it back, no more")
    ups, down = _expression(up, option), "".join(_expression(rollback, option) for rollback in downs)
    return Layout(
        name=option,
        source="`psql -v ON_ERROR_STOP=1 -f`, file by file",
        tool=Tool(file_name_form=up, rollback_place=f"{downs[0]} beside the file" if downs else ""),
        migration_names=f"(?:.*/)?{ups}",
        rollback_names=f"(?:.*/)?{down}" if down else "",
    )


def _expression(pattern_: str, option: str) -> str:
    parts = re.split(r"\{(\w*)\}", pattern_)
    names = parts[1::2]
    unknown = [name for name in names if name not in _PLACEHOLDERS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)
        raise ConfigError(f"--ctb-layout {option}: {{{unknown[0]}}} is not known (known: {known})")
    if sum(name != "name" for name in names) != 1:
        raise ConfigError(
            f"--ctb-layout {option}: {pattern_} needs one of {{number}}, {{version}} or {{date}}, to order by"
        )
    return "".join(_PLACEHOLDERS[part] if place % 2 else re.escape(part) for place, part in enumerate(parts))
