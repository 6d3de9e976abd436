"""Layouts: how migration tools name, order and run their SQL files. One module a layout, found by walking this package.

A layout says which files are migrations, their order, where their rollbacks are, and how the tool runs them. Each
Migration holds what a check needs of that; no check knows a layout.
"""

from __future__ import annotations

import contextlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Mark, Parts, Tool
from pytest_ctb.model.misspelt import did_you_mean
from pytest_ctb.repository.files import read_bytes, read_text

AUTO = "auto"
DEFAULT = "ctb"
PLACES = (
    "migrations",
    "ctb/data/migrations",
    "data/migrations",
    "db/migrations",
    "sql/migrations",
    "database/migrations",
    "supabase/migrations",
    "prisma/migrations",
)
"""The usual folders of migrations, whatever the layout."""
GROUPS = ("apps", "services", "packages")
"""Folders that hold one application each, with migrations of its own in one of these places."""
ROOTED = {"sqitch.plan": "sqitch"}
"""The layouts whose folder is the root of the project where this file lies in it."""
_HEAD = 200_000
"""How many bytes of a file are searched to recognise its layout."""


class Folder(NamedTuple):
    """A folder of migrations, from which its layout is recognised."""

    root: Path
    """The root of the project: files between it and the folder may show the tool."""
    path: Path
    names: tuple[str, ...]
    """The paths of the SQL files, relative to the folder, with forward slashes."""

    def file_with(self, pattern: str) -> str:
        """The first SQL file with a line that begins with the pattern; empty where there is none."""
        line = re.compile(pattern.encode(), re.MULTILINE | re.IGNORECASE)
        for name in self.names:
            with contextlib.suppress(OSError):  # reported where it is read as a migration
                if line.search(read_bytes(self.path / name)[:_HEAD]):
                    return name
        return ""

    def has_nearby(self, name: str, pattern: str = "") -> bool:
        """Whether a file of that name, which holds the pattern, is in the folder or above it inside the project."""
        for folder in (self.path, *self.path.parents):
            file = folder / name
            if file.exists() and (
                not pattern or (file.is_file() and re.search(pattern, read_text(file, errors="replace")))
            ):
                return True
            if folder == self.root:
                break
        return False


def numbers(version: str) -> Any:
    """Sort key of a version as numbers: 2 comes before 10, and 1.2 before 1.10; zeros at the end do not count."""
    parts = [int(digits) for digits in re.findall(r"\d+", version)]
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def by_path(version: str) -> Any:
    """Sort key of a path by the numbers that its parts begin with: v1.9/2_x comes before v1.10/1_y."""
    return tuple(_of_part(part) for part in version.split("/"))


def _of_part(part: str) -> tuple[Any, ...]:
    number = re.match(r"[vV]?(\d{4}-\d{2}-\d{2}|\d+(?:[._-]\d+)*$|\d+(?:[._]\d+)*)([a-z](?![A-Za-z0-9]))?", part)
    return (0, numbers(number[1]), number[2] or "") if number else (1, part)


def text(version: str) -> Any:
    """Sort key of a version as text: 10 comes before 2, as in a list of files."""
    return version


class Layout(NamedTuple):
    """How one tool lays out its files. Patterns match the whole path below the folder of migrations."""

    name: str
    source: str
    """Where the tool's documentation says so."""
    tool: Tool
    migration_names: str
    """The pattern of migrations, with the group `version` to order by. Without the group: by date and dependencies."""
    rollback_names: str = ""
    """The pattern of files that roll back the migration of the same version; empty where there are none."""
    other_names: str = ""
    """The pattern of SQL files that belong to the tool and are neither."""
    runs_again: Callable[[str, str], bool] = lambda _name, _text: False
    """Whether the tool runs a migration again when it changes, by its path below the folder and its text."""
    sort_key: Callable[[str], Any] = numbers
    """What two versions are compared by."""
    by_name: bool = False
    """The tool sorts files by their names, whatever the versions in them."""
    split: Callable[[str], Parts] | None = None
    """Splits a text into what is applied and what rolls back; None where all of it is applied."""
    transaction_off: Callable[[Path], Mark | None] = lambda _: None
    """The mark outside a file that switches its transaction off; None where there is none."""
    listed_order: Callable[[Path], Mapping[str, int] | None] = lambda _: None
    """The place of each version in a list that the tool keeps in the folder; None where it keeps none."""
    list_name: str = ""
    """The file with that list, for messages; empty: the plan of the tool."""
    refuses: Callable[[Path, Mapping[str, str]], Mapping[str, str]] = lambda _folder, _versions: {}
    """Why the tool refuses migrations of a folder, by their names; it gets the version of each name."""
    down_mark: str = ""
    """The pattern of the line in a file that opens what rolls back, and which no file of another tool holds."""
    excluded_names: str = ""
    """The pattern of files in the folder that are none of the layout's, and are not looked at."""
    usual_folders: tuple[str, ...] = ("migrations",)
    """The usual folders of migrations, relative to the root, the most usual first."""
    recognise: Callable[[Folder], str] = lambda _: ""
    """What in a folder proves that it is this tool's, as text; empty where nothing does."""
    typical_names: str = ""
    """The pattern of names that suggest this tool, though others may name files so too; empty where none do."""
    wants: str = ""
    """What proves that a folder is this tool's, for a message that says it is missing."""

    def excludes(self, name: str) -> bool:
        """Whether a path below the folder is that of a file which is not looked at."""
        return bool(self.excluded_names) and bool(re.match(self.excluded_names, name))

    @property
    def versioned(self) -> bool:
        """Whether file names or a list give the order."""
        return "(?P<version>" in self.migration_names


@cache
def layouts() -> Mapping[str, Layout]:
    """Every layout of this package, by its name."""
    modules = (module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    loaded = [import_module(f"{__name__}.{module}") for module in modules]
    several = [layout for module in loaded for layout in getattr(module, "LAYOUTS", ())]
    single = [module.LAYOUT for module in loaded if hasattr(module, "LAYOUT")]
    in_order = sorted((*single, *several), key=lambda layout: (layout.name != DEFAULT, layout.name))
    return {layout.name: layout for layout in in_order}


@cache
def down_marks() -> Mapping[str, re.Pattern[str]]:
    """By the name of a layout: the line in its files that opens what rolls back."""
    marks = {layout.name: layout.down_mark for layout in layouts().values() if layout.down_mark}
    return {name: re.compile(mark, re.MULTILINE) for name, mark in marks.items()}


@cache
def any_down_mark() -> re.Pattern[str]:
    """All of `down_marks` in one pattern: most files have no such line, and one search tells."""
    return re.compile("|".join(mark.pattern for mark in down_marks().values()), re.MULTILINE)


def name_of(option: str) -> str:
    """The first line of what `ctb_layout` says: a layout's name, or a pattern."""
    return next(iter(option.strip().splitlines()), "").strip()


def find_layout(name: str) -> Layout:
    """The layout with a name, or as lines describe it. Raises ConfigError where there is none."""
    first, lines = name_of(name), name.strip().splitlines()[1:]
    if "{" not in first and first not in layouts():
        if first == AUTO and lines:
            raise ConfigError(f"--ctb-layout auto: no line may follow it: {lines[0].strip()!r}")
        known = (AUTO, *layouts())
        hint = did_you_mean(first, known) or f" (known: {', '.join(known)})"
        raise ConfigError(f"--ctb-layout {first}: no layout of that name{hint}")
    if first in layouts() and not lines:
        return layouts()[first]
    from pytest_ctb.repository.layouts._pattern import described  # noqa: PLC0415  # it imports Layout from here

    return described(name, layouts())


def usual_folders(root: Path, name: str) -> list[Path]:
    """The default folder of migrations for a layout, as a list of one.

    It is the first of the layout's usual folders that exists; for `auto` the usual folder of any layout.
    Raises ConfigError where no layout has that name, or several folders exist for `auto`.
    """
    possible = list(layouts().values()) if name == AUTO else [find_layout(name)]
    folders = list(dict.fromkeys(root / folder for layout in possible for folder in layout.usual_folders))
    existing = [folder for folder in folders if folder.is_dir()]
    if name == AUTO:
        existing = [folder for folder in existing if not any(folder in other.parents for other in existing)]
        if len(existing) > 1:
            listed = ", ".join(str(folder.relative_to(root)) for folder in existing)
            raise ConfigError(f"--ctb-layout auto: migrations may lie in any of {listed}; set --ctb-migrations DIR")
    return existing[:1] or folders[:1]
