"""A layout of one's own: what the names look like, applied by `psql -f` in the order of their numbers."""

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


def pattern(told: str) -> Layout:
    """The layout of `{number}-{name}.sql`, or of two such patterns: what goes up, and what takes it back.

    Raises ConfigError where one cannot be meant.
    """
    up, *downs = told.split()
    if len(downs) > 1:
        raise ConfigError(f"--ctb-layout {told}: one pattern for what goes up, one for what takes it back, no more")
    ups, down = _expression(up, told), "".join(_expression(one, told) for one in downs)
    return Layout(
        name=told,
        source="`psql -v ON_ERROR_STOP=1 -f`, file by file",
        tool=Tool(form=up, down=f"{downs[0]} beside the file" if downs else ""),
        ups=f"(?:.*/)?{ups}",
        downs=f"(?:.*/)?{down}" if down else "",
    )


def _expression(one: str, told: str) -> str:
    parts = re.split(r"\{(\w*)\}", one)
    names = parts[1::2]
    unknown = [name for name in names if name not in _PLACEHOLDERS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)
        raise ConfigError(f"--ctb-layout {told}: {{{unknown[0]}}} is not known (known: {known})")
    if sum(name != "name" for name in names) != 1:
        raise ConfigError(f"--ctb-layout {told}: {one} needs one of {{number}}, {{version}} or {{date}}, to order by")
    return "".join(_PLACEHOLDERS[part] if place % 2 else re.escape(part) for place, part in enumerate(parts))
