"""drizzle: `0000_name.sql` in the order of meta/_journal.json; one transaction around all files that are due."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Tool
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.layouts import Folder, Layout, text
from pytest_ctb.repository.layouts._sections import Sections

_JOURNAL = "meta/_journal.json"


def _entries(folder: Path) -> list[tuple[str, int]]:
    """Name and time of each entry of the journal; none where there is no journal, as from version 1.0 on."""
    journal = folder / _JOURNAL
    if not journal.is_file():
        return []
    try:
        entries: list[dict[str, Any]] = json.loads(read_text(journal))["entries"]
        return [(str(entry["tag"]), int(entry["when"])) for entry in entries]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ConfigError(f"{journal}: the journal of drizzle cannot be read: {error}") from error


def _listed_order(folder: Path) -> Mapping[str, int] | None:
    places = {tag: place for place, (tag, _) in enumerate(_entries(folder))}
    return places if (folder / _JOURNAL).is_file() else None


def _refuses(folder: Path, versions: Mapping[str, str]) -> Mapping[str, str]:
    """A file that drizzle never comes to: one before it is not there, or its entry is older than one before it."""
    refused = {}
    files = {version: name for name, version in versions.items()}
    missing, latest, latest_tag = "", 0, ""
    for tag, when in _entries(folder):
        if tag not in files:
            missing = missing or tag
            continue
        if missing:
            refused[files[tag]] = f"{_JOURNAL} names {missing}, and there is no {missing}.sql: drizzle applies nothing"
            missing = ""
        elif latest_tag and when <= latest:
            what = f"its `when` in {_JOURNAL} is not after that of {latest_tag}"
            refused[files[tag]] = f"{what}: where {latest_tag} is applied, drizzle skips this file and says nothing"
        if when > latest or not latest_tag:
            latest, latest_tag = when, tag
    if missing and files:
        refused[max(files.values())] = (
            f"{_JOURNAL} names {missing}, and there is no {missing}.sql: drizzle applies nothing"
        )
    return refused


def _recognise(folder: Folder) -> str:
    if (folder.path / _JOURNAL).is_file():
        return f"{_JOURNAL} stands in it"
    configs = (f"drizzle.config.{ending}" for ending in ("ts", "mts", "js", "mjs", "json"))
    config = next((name for name in configs if folder.has_nearby(name)), "")
    return f"beside {config}" if config else ""


LAYOUT = Layout(
    name="drizzle",
    source="https://orm.drizzle.team/docs/migrations",
    tool=Tool(
        name="drizzle",
        runs_once=True,
        rolls_back=False,
        adds_transaction=True,
        sends_copy_rows=False,
        file_name_form="N_name.sql, which meta/_journal.json names",
    ),
    migration_names=r"(?P<version>[^/]+?)(?:/migration)?\.sql",
    sort_key=text,
    split=Sections("drizzle", separator=re.escape("--> statement-breakpoint")),
    listed_order=_listed_order,
    list_name=_JOURNAL,
    refuses=_refuses,
    usual_folders=("drizzle", "drizzle/migrations"),
    recognise=_recognise,
    wants=_JOURNAL,
)
