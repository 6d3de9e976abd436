"""Where migrations usually lie: their folders are found where no setting names them."""

from __future__ import annotations

import json
import os
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pytest_ctb.errors import ConfigError
from pytest_ctb.repository.layouts import AUTO, DEFAULT, GROUPS, PLACES, ROOTED, find_layout, layouts, usual_folders
from pytest_ctb.repository.paths import relative


class Found(NamedTuple):
    """The folders of migrations of a repository that names none."""

    folders: Mapping[str, Path]
    """One for each database, by the name of the database; the name is empty where there is one."""
    not_taken: tuple[Path, ...] = ()
    """Other usual folders that hold SQL files."""


def find_migrations(root: Path, layout: str) -> Found:
    """The folders of migrations; `layout` is the name that is set, or empty.

    The folders of the layout come first, in its order; then the usual places of any tool. Several applications have a
    database each. Raises ConfigError where other places are equally likely.
    """
    if (rooted := _rooted(root)) and layout in {"", AUTO, rooted}:
        return Found({"": root})
    own = usual_folders(root, AUTO) if layout == AUTO else _own_folders(root, layout or DEFAULT)
    usual = dict.fromkeys((*own, *(root / place for place in PLACES)))
    filled = [folder for folder in usual if holds_sql(folder)]
    applications = dict(_applications(root))
    if first := next((folder for folder in own if folder in filled), None):
        others = (*filled, *applications.values())
        return Found({"": first}, tuple(folder for folder in others if not _overlap(folder, first)))
    if len(filled) + bool(applications) > 1:
        raise ConfigError(_ambiguous(root, [*filled, *applications.values()]))
    if len(applications) > 1:
        return Found(applications)
    return Found({"": next(iter((*filled, *applications.values(), *usual_folders(root, layout or DEFAULT))))})


def _overlap(first: Path, second: Path) -> bool:
    return first.is_relative_to(second) or second.is_relative_to(first)


def _own_folders(root: Path, layout: str) -> list[Path]:
    return [root / folder for folder in find_layout(layout).usual_folders]


def _rooted(root: Path) -> str:
    """The layout whose plan lies in the root, which then is the folder of migrations; empty where there is none."""
    return next((layout for file, layout in ROOTED.items() if (root / file).is_file()), "")


def layout_of(root: Path, folder: Path) -> str:
    """The layout that a folder of the path is named for: of `prisma/migrations`, prisma; empty where none is."""
    if folder == root:
        return _rooted(root)
    parts = relative(root, folder).split("/")
    return next((part for part in reversed(parts) if part in layouts() and part != DEFAULT), "")


def holds_sql(folder: Path) -> bool:
    """Whether a folder holds an SQL file, at any depth."""
    return any(
        name.lower().endswith(".sql") and not name.startswith(".")
        for _, folders, names in os.walk(folder)
        for name in _without_hidden(folders, names)
    )


def _without_hidden(folders: list[str], names: list[str]) -> list[str]:
    folders[:] = [name for name in folders if not name.startswith(".")]
    return names


def _applications(root: Path) -> Iterator[tuple[str, Path]]:
    """The folders of migrations of the applications of a repository, by a name that no two share."""
    folders = [
        (group, application.name, folder)
        for group in GROUPS
        for application in _subfolders(root / group)
        if (folder := next((path for place in PLACES if holds_sql(path := application / place)), None))
    ]
    names = Counter(name for _, name, _ in folders)
    for group, name, folder in folders:
        yield name if names[name] == 1 else f"{group}-{name}", folder


def _subfolders(folder: Path) -> Iterable[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:  # there is none, or nobody may read it
        return ()


def _ambiguous(root: Path, folders: Iterable[Path]) -> str:
    names = [relative(root, folder) for folder in folders]
    tables = "".join(f"\n    [databases.{_name(name)}]\n    migrations = {json.dumps(name)}" for name in names)
    return (
        f"migrations may lie in any of {', '.join(names)}: say which.\n"
        f"In the ini file, or as --ctb-migrations:\n    ctb_migrations = {shlex.quote(names[0])}\n"
        f"If each is a database of its own, in ctb.toml:{tables}"
    )


def _name(folder: str) -> str:
    """A name for the database of a folder: the last part of its path that says more than `migrations`."""
    parts = [part for part in folder.split("/") if part not in {"migrations", "db", "sql", "data", "database"}]
    return parts[-1] if parts else folder.split("/", maxsplit=1)[0]
