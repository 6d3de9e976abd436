"""The layouts: how a tool that applies SQL files lays them out. One module each, found by walking this package.

A layout says which files are migrations, in which order, where what takes them back stands, and how it sends them.
What a check needs of that is on each Migration; no check knows a layout.
"""

from __future__ import annotations

import contextlib
import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Mark, Parts, Tool
from pytest_ctb.repository.files import read_bytes, read_text

AUTO = "auto"
DEFAULT = "ctb"
_HEAD = 200_000
"""How many bytes of a file are looked at to recognise its layout."""


class Folder(NamedTuple):
    """A folder of migrations, as a layout is recognised by it."""

    root: Path
    """Of the project: what stands between it and the folder may tell the tool."""
    path: Path
    names: tuple[str, ...]
    """Of the SQL files: relative to the folder, with forward slashes."""

    def holds(self, pattern: str) -> str:
        """The first file with a line that begins so; empty where there is none."""
        line = re.compile(pattern.encode(), re.MULTILINE | re.IGNORECASE)
        for name in self.names:
            with contextlib.suppress(OSError):  # told where it is read as a migration
                if line.search(read_bytes(self.path / name)[:_HEAD]):
                    return name
        return ""

    def beside(self, name: str, pattern: str = "") -> str:
        """A file of that name in the folder, or above it inside the project, that holds the pattern; else empty."""
        for folder in (self.path, *self.path.parents):
            file = folder / name
            if file.exists() and (
                not pattern or (file.is_file() and re.search(pattern, read_text(file, errors="replace")))
            ):
                return name
            if folder == self.root:
                break
        return ""


def numbers(version: str) -> Any:
    """A version as numbers: 2 comes before 10, and 1.2 before 1.10; zeros at the end say nothing."""
    found = [int(one) for one in re.findall(r"\d+", version)]
    while found and found[-1] == 0:
        found.pop()
    return tuple(found)


def text(version: str) -> Any:
    """A version as text: 10 comes before 2, as in a list of files."""
    return version


class Layout(NamedTuple):
    """How one tool lays out its files. Patterns are matched with a path below the folder of migrations, to its end."""

    name: str
    source: str
    """Where the tool's own documentation says so."""
    tool: Tool
    ups: str
    """Migrations; the group `version` is what they are ordered by. Without that group: by date and by need."""
    downs: str = ""
    """Files that take the migration of the same version back."""
    beside: str = ""
    """SQL files that belong there and are neither."""
    key: Callable[[str], Any] = numbers
    parts: Callable[[str], Parts] | None = None
    """What a text is made of; None: all of it is applied."""
    off: Callable[[Path], Mark | None] = lambda _: None
    """What switches the transaction off from outside of a file."""
    plan: Callable[[Path], Mapping[str, int] | None] = lambda _: None
    """The place of each version in a list that the tool keeps in the folder; None: it keeps none."""
    folders: tuple[str, ...] = ("migrations",)
    """Where they usually lie."""
    sign: Callable[[Folder], str] = lambda _: ""
    """What in a folder shows for sure that it is this tool's, in words; empty: nothing."""
    likely: str = ""
    """Names that are this tool's, or another's that names its files alike; empty: names alone tell nothing."""

    @property
    def versioned(self) -> bool:
        """The names of the files say the order, or a list does."""
        return "(?P<version>" in self.ups


@cache
def layouts() -> Mapping[str, Layout]:
    """Every layout of this package, by its name."""
    found = [
        import_module(f"{__name__}.{one.name}").LAYOUT for one in pkgutil.iter_modules(__path__) if one.name[0] != "_"
    ]
    return {one.name: one for one in found}


def chosen(name: str) -> Layout:
    """The layout of that name, or of a pattern. Raises ConfigError where there is none."""
    if "{" in name:
        from pytest_ctb.repository.layouts._pattern import pattern  # noqa: PLC0415  # which is a Layout itself

        return pattern(name)
    if name not in layouts():
        known = ", ".join((AUTO, *layouts()))
        raise ConfigError(f"--ctb-layout {name}: no layout of that name (known: {known})")
    return layouts()[name]


def recognised(folder: Folder) -> tuple[Layout, str]:
    """The one layout that the files show, and what shows it.

    Raises ConfigError where none fits, or more than one does.
    """
    sure = {one.name: why for one in layouts().values() if (why := one.sign(folder))}
    alike = [one.name for one in layouts().values() if one.likely and _all_match(one.likely, folder.names)]
    found = sure or dict.fromkeys(alike, f"its files are named as {folder.names[0]}")
    if len(found) == 1:
        ((name, why),) = found.items()
        return layouts()[name], why
    if not found:
        raise ConfigError(
            f"--ctb-layout auto: no layout fits {folder.path} (the first file is {folder.names[0]}); "
            f"say which: {', '.join(layouts())}, or a pattern"
        )
    reasons = "; ".join(f"{name}: {why}" for name, why in found.items())
    raise ConfigError(f"--ctb-layout auto: {folder.path} may be any of {', '.join(found)} ({reasons}); say which")


def usual(root: Path, name: str) -> list[Path]:
    """The folder in which migrations of a layout lie where nobody says another.

    The first of the usual ones that is there; for `auto` that of any layout.
    Raises ConfigError where no layout has that name, or several folders are there for `auto`.
    """
    every = [one for own in layouts().values() for one in own.folders] if name == AUTO else list(chosen(name).folders)
    there = [root / one for one in dict.fromkeys(every) if (root / one).is_dir()]
    if name == AUTO:
        there = [one for one in there if not any(one in other.parents for other in there)]
        if len(there) > 1:
            found = ", ".join(str(one.relative_to(root)) for one in there)
            raise ConfigError(f"--ctb-layout auto: migrations may lie in any of {found}; set --ctb-migrations DIR")
    return there[:1] or [root / every[0]]


def _all_match(pattern: str, names: Sequence[str]) -> bool:
    return all(re.fullmatch(pattern, one) for one in names)
