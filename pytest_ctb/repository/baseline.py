"""The findings that were there when the guide was adopted: read, matched, and written as one line each.

An entry names a guideline, a file, the fingerprint of the statement and what was said. Edits elsewhere in the file do
not wake it: it is known by its statement, wherever that moves, or by its words, however the statement changes.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Baseline, BaselineEntry, Finding, Migration
from pytest_ctb.model.misspelt import did_you_mean
from pytest_ctb.model.visible import json_text
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.paths import relative
from pytest_ctb.sql import fingerprint

_KEYS = ("file", "guideline", "fingerprint", "says")
_OPTIONAL = ("count", "reason")
_NUMBERS = re.compile(r"\d+")


def load(root: Path, path: Path) -> Baseline:
    """Read a baseline. Raises ConfigError, with file and line, where it is none."""
    name = relative(root, path)
    try:
        text = read_text(path, root)
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{name}:{error.lineno}: not valid JSON: {error.msg}") from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{name}: cannot be read: {error}") from error
    if not isinstance(document, dict) or document.get("version") != 1 or not isinstance(document.get("findings"), list):
        raise ConfigError(f'{name}:1: not a baseline: it starts with {{"version": 1, "findings": [ (ctb baseline)')
    return Baseline(name, tuple(_entries(name, text, document["findings"])))


def _entries(name: str, text: str, values: Iterable[Any]) -> Iterator[BaselineEntry]:
    at = text.find("[", text.find('"findings"'))
    for value in values:
        start = text.find("{", at)
        line = text.count("\n", 0, start) + 1
        if not isinstance(value, dict):
            raise ConfigError(f"{name}:{line}: an entry is an object with {', '.join(_KEYS)}")
        for key in _KEYS:
            if not isinstance(value.get(key), str):
                raise ConfigError(f"{name}:{line}: the entry's {key!r} is missing or not text")
        for key in value:
            if key not in (*_KEYS, *_OPTIONAL):
                known = (*_KEYS, *_OPTIONAL)
                hint = did_you_mean(key, known) or f"; there is: {', '.join(known)}"
                raise ConfigError(f"{name}:{line}: unknown key {key!r}{hint}")
        count, reason = value.get("count", 1), value.get("reason", "")
        if not isinstance(count, int) or isinstance(count, bool) or count < 1 or not isinstance(reason, str):
            raise ConfigError(f"{name}:{line}: 'count' is a number from 1 on, 'reason' is text")
        file, guideline, known_by, says = (value[key] for key in _KEYS)
        yield BaselineEntry(file, guideline, known_by, says, count, reason, line)
        at = json.JSONDecoder().raw_decode(text, start)[1]


def dump(entries: Iterable[BaselineEntry]) -> str:
    """The text of a baseline: sorted, one line for each entry."""
    in_order = sorted(
        entries, key=lambda entry: (entry.file, entry.guideline, entry.fingerprint, entry.says, entry.reason)
    )
    lines = [json_text(_plain(entry), indent=None) for entry in in_order]
    body = "\n" + ",\n".join(f"  {line}" for line in lines) + "\n " if lines else ""
    return f'{{"version": 1,\n "findings": [{body}]}}\n'


def _plain(entry: BaselineEntry) -> dict[str, Any]:
    values: dict[str, Any] = {key: getattr(entry, key) for key in _KEYS}
    count = {"count": entry.count} if entry.count > 1 else {}
    return values | count | ({"reason": entry.reason} if entry.reason else {})


def entries(findings: Iterable[tuple[Finding, Migration | None]], reason: str = "") -> tuple[BaselineEntry, ...]:
    """An entry for each finding, equal ones counted; the file of each is given where it is one that was read."""
    counts: dict[BaselineEntry, int] = defaultdict(int)
    for finding, migration in findings:
        counts[_entry(finding, migration, reason)] += 1
    return tuple(replace(entry, count=count) for entry, count in counts.items())


def file_of(finding: Finding) -> str:
    """The file as an entry names it: that of a packaged guideline as its tests do, wherever the package lies."""
    outside = finding.file.startswith("../") or Path(finding.file).is_absolute()
    packaged = outside and finding.file.endswith(f"/{finding.guideline}.yml")
    return f"rules/{finding.guideline}.yml" if packaged else finding.file


def _entry(finding: Finding, migration: Migration | None, reason: str = "") -> BaselineEntry:
    said = " ".join(finding.message.split())
    return BaselineEntry(file_of(finding), finding.guideline, _fingerprint(finding, migration), said, reason=reason)


def _fingerprint(finding: Finding, migration: Migration | None) -> str:
    """Of the statement that the finding stands in; empty where it stands in none."""
    for statement in migration.statements if migration else ():
        if statement.position.line <= finding.line <= statement.last_line:
            return fingerprint(statement)
    return ""


def matched(
    findings: Sequence[Finding], migration: Migration | None, known: Iterable[BaselineEntry]
) -> tuple[tuple[BaselineEntry | None, ...], tuple[BaselineEntry, ...]]:
    """For each finding of one guideline in one file the entry that knows it, or None; and what is left of the entries.

    An entry with a count knows as many. Those that agree in all come first, then those of the same statement, then
    those of the same words (but for numbers in them).
    """
    entries = tuple(known)
    left = {index: entry.count for index, entry in enumerate(entries)}
    as_entries = [_entry(finding, migration) for finding in findings]
    matches: list[BaselineEntry | None] = [None] * len(as_entries)
    keys = (
        lambda entry: (entry.fingerprint, _words(entry)),
        lambda entry: entry.fingerprint or None,
        _words,
    )
    for key in keys:
        by_key: dict[Any, list[int]] = defaultdict(list)
        for index, entry in enumerate(entries):
            by_key[key(entry)].append(index)
        for number, entry in enumerate(as_entries):
            if matches[number] is None and key(entry) is not None:
                for index in [index for index in by_key.get(key(entry), ()) if left[index]][:1]:
                    matches[number] = entries[index]
                    left[index] -= 1
    return tuple(matches), tuple(replace(entries[index], count=count) for index, count in left.items() if count)


def _words(entry: BaselineEntry) -> str:
    return _NUMBERS.sub("", entry.says)
