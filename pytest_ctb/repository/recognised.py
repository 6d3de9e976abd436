"""Which tool the files of a folder are of, for `--ctb-layout auto`: by what stands in and beside them, and their names.

No server is asked: a layout is taken where it reads most of the files as its tool would, and no other reads them so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Migration, Reading
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.layouts import Folder, Layout, down_marks, layouts
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.repository.tool_folder import placed_files


class _Candidate(NamedTuple):
    """A layout that most of the files fit, and what it is recognised by."""

    layout: Layout
    why: str
    fitting: int
    """How many files fit it."""


def recognise(folder: Folder) -> tuple[Layout, str]:
    """The layout of a folder; what it was recognised by, and why it is none of the others whose files are named so.

    Raises ConfigError where no layout fits, or more than one does.
    """
    texts = _texts(folder)
    proven: list[_Candidate] = []
    typical: list[_Candidate] = []
    misleading: dict[str, str] = {}
    unproven: dict[str, str] = {}
    for layout in layouts().values():
        why = layout.recognise(folder)
        counted = [name for name in texts if not (layout.other_names and re.fullmatch(layout.other_names, name))]
        fitting = [name for name in counted if _fits(layout, name, texts[name])]
        named = [name for name in fitting if layout.typical_names and re.fullmatch(layout.typical_names, name)]
        if 2 * len(fitting) <= len(counted):
            misleading |= {layout.name: f"{why}, but {len(fitting)} of {len(counted)} files fit"} if why else {}
        elif why:
            shown = why if len(fitting) == len(counted) else f"{why}, {len(fitting)} of {len(counted)} files fit"
            proven.append(_Candidate(layout, shown, len(fitting)))
        elif 2 * len(named) > len(counted):
            named.sort(key=lambda name: bool(layout.rollback_names and re.fullmatch(layout.rollback_names, name)))
            typical.append(_Candidate(layout, f"its files are named as {named[0]}", len(named)))
        elif layout.wants:
            unproven[layout.name] = f"no {layout.wants}"
    candidates = proven or typical
    if not candidates:
        raise ConfigError(
            f"--ctb-layout auto: no layout fits {folder.path} (the first file is {folder.names[0]}"
            f"{_listed(misleading | unproven)}); say which: {', '.join(layouts())}, or a pattern"
        )
    left = _most_readable(folder, candidates)
    if len(left) > 1:
        reasons = "; ".join(f"{layout.name}: {why}" for layout, why, _ in left)
        names = ", ".join(layout.name for layout, *_ in left)
        raise ConfigError(f"--ctb-layout auto: {folder.path} may be any of {names} ({reasons}); say which")
    (taken,) = left
    beaten = {rest.layout.name: f"{rest.why}, but it reads fewer files" for rest in candidates if rest is not taken}
    return taken.layout, taken.why + _listed(misleading | beaten | ({} if proven else unproven))


def _listed(others: Mapping[str, str]) -> str:
    return "".join(f"; not {name}: {why}" for name, why in others.items())


def _texts(folder: Folder) -> dict[str, str]:
    """The text of each file; empty where it cannot be read, which is reported where it is read as a migration."""
    texts = {}
    for name in folder.names:
        try:
            texts[name] = read_text(folder.path / name, errors="replace")
        except OSError:
            texts[name] = ""
    return texts


def _fits(layout: Layout, name: str, text: str) -> bool:
    """Whether a file is one that the tool applies, or that rolls one back."""
    if layout.rollback_names and re.fullmatch(layout.rollback_names, name):
        return True
    if not re.fullmatch(layout.migration_names, name) or (layout.split and layout.split(text).problem):
        return False
    if not layout.versioned and layout.typical_names and not re.fullmatch(layout.typical_names, name):
        return False
    return not any(mark.search(text) for of, mark in down_marks().items() if of != layout.name)


def _most_readable(folder: Folder, candidates: list[_Candidate]) -> list[_Candidate]:
    """Those that most files fit, and of these, those whose tools can send most of them."""
    most = max(candidate.fitting for candidate in candidates)
    left = [candidate for candidate in candidates if candidate.fitting == most]
    if len(left) < 2:
        return left
    unsendable = [_unsendable(folder, candidate.layout) for candidate in left]
    return [candidate for candidate, count in zip(left, unsendable, strict=True) if count == min(unsendable)]


def _unsendable(folder: Folder, layout: Layout) -> int:
    """How many files of a folder the tool refuses, cannot send, or would find ending its own transaction."""
    files = [folder.path / name for name in folder.names]
    if layout.versioned:
        placed = placed_files(Reading(folder.root), folder.path, files, layout)
        migrations: Iterable[Migration] = (entry.migration for entry in placed)
    else:
        migrations = (parse_migration(read_text(file, errors="replace").encode(), file.name) for file in files)
    return sum(
        bool(migration.unapplied)
        or any(statement.problem for statement in migration.statements)
        or (layout.tool.adds_transaction and any(statement.command for statement in migration.statements))
        for migration in migrations
    )
