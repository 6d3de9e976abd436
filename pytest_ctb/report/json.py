"""Findings, and what was seen of each migration, to JSON for programs: version 1, whose keys stay as they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pytest_ctb.model import Evidence, Finding, Key, Migration, OnRows
from pytest_ctb.model.visible import json_text
from pytest_ctb.report.results import Results


def as_json(results: Results) -> str:
    """The JSON report."""
    seen = results.seen
    document = {
        "version": 1,
        "postgres": seen.server._asdict() if seen else None,
        "migrations": [_migration(one, seen) for one in results.suite.repository.migrations],
        "findings": [as_dict(one) for one in results.findings],
        "summary": results.summary,
    }
    if results.suite.repository.consuming:  # a key more for those who have them; the others are the contract's
        document["consumers"] = [plain(one) for one in seen.consumers] if seen else None
    return json_text(document) + "\n"


def as_dict(finding: Finding) -> dict[str, Any]:
    """A finding as the JSON report has it: the keys of the contract, in its order."""
    values = dataclasses.asdict(finding)
    del values["reason"], values["fix"]
    return {**values, "level": str(finding.level)}


def _migration(one: Migration, seen: Evidence | None) -> dict[str, Any]:
    fared = seen.files.get(one.path) if seen else None
    unique_id = one.header_field("Unique ID")
    return {
        "file": one.path,
        "date": one.date.isoformat() if one.date else None,
        "unique_id": unique_id.value if unique_id else None,
        "statements": len(one.statements),
        "applied": fared.applied if fared else None,
        "seconds": round(fared.seconds, 6) if fared else None,
        "trace": [plain(one) for one in fared.traces] if fared else None,
        "again": plain(fared.again) if fared and fared.again else None,
        "rollback": plain(fared.rollback) if fared and fared.rollback else None,
        "rows": _rows(fared.on_rows) if fared and fared.on_rows else None,
        "mismatches": [plain(one) for one in fared.mismatches] if fared else None,
        "breaks": [plain(one) for one in fared.breaks] if fared else None,
        "consumers": [plain(one) for one in fared.consumers] if fared else None,
    }


def _rows(on_rows: OnRows) -> dict[str, Any]:
    """Which tables were filled for the trial on rows, which could not be and why, and what was lost in it."""
    return {
        "filled": dict(sorted(on_rows.filled.items())),
        "unfilled": dict(sorted(on_rows.unfilled.items())),
        "losses": [plain(one) for one in on_rows.losses],
    }


def plain(value: Any) -> Any:
    """A record as JSON has it: what is empty, false or none left out; an object's key in words."""
    if isinstance(value, Key):
        return str(value)
    if dataclasses.is_dataclass(value):
        value = {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {key: plain(one) for key, one in value.items() if one not in (None, "", (), False)}
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    return round(value, 6) if isinstance(value, float) else value
