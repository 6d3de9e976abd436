"""The JSON report, for programs: findings and the evidence of each migration. The keys of version 1 do not change."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from pytest_ctb.model import Evidence, Finding, Key, Level, Migration, RowsTrial
from pytest_ctb.model.visible import json_text
from pytest_ctb.report.results import Results
from pytest_ctb.report.span import end_of


def as_json(results: Results) -> str:
    """The JSON report, a line feed at its end."""
    servers = results.servers
    document = {
        "version": 1,
        "postgres": servers[0]._asdict() if servers else None,
        "migrations": [
            {**_migration(migration, database.evidence), **({"database": database.name} if database.name else {})}
            for database in results.databases
            for migration in database.suite.repository.migrations
        ],
        "findings": [_with_end(finding, results.by_path.get(finding.file)) for finding in results.findings],
        "summary": results.summary,
    }
    if results.revision:
        document["revision"] = results.revision._asdict()
    # Only with consumers, and with databases that have names: all other keys are those of the contract.
    if any(database.suite.repository.consumer_files for database in results.databases):
        evidence = [database.evidence for database in results.databases if database.evidence]
        consumers = [plain(consumer) for replayed in evidence for consumer in replayed.consumer_results]
        document["consumers"] = consumers if evidence else None
    if any(database.name for database in results.databases):
        document["databases"] = [
            {"name": database.name, "postgres": database.evidence.server._asdict() if database.evidence else None}
            for database in results.databases
        ]
    if results.shard:
        document["shard"] = dict(results.shard)
    return json_text(document) + "\n"


def _with_end(finding: Finding, file: Migration | None) -> dict[str, Any]:
    end = end_of(finding, file)
    return {**as_dict(finding), "end_line": end.line, "end_column": end.column}


def as_dict(finding: Finding) -> dict[str, Any]:
    """A finding as the JSON report has it, its keys in the order of the contract."""
    values = {"evidence" if name == "details" else name: value for name, value in dataclasses.asdict(finding).items()}
    del values["reason"], values["fix"], values["why"], values["follows"]
    for name in ("database", "owner"):  # keys of those repositories alone that have them
        if not values[name]:
            del values[name]
    return {**values, "level": str(finding.level)}


def from_dict(values: Mapping[str, Any]) -> Finding:
    """The finding that `as_dict` made the values of, without what the JSON report leaves out."""
    kept = {"details" if key == "evidence" else key: value for key, value in values.items()}
    attributes = {key: value for key, value in kept.items() if key not in {"end_line", "end_column"}}
    return Finding(**{**attributes, "level": Level(values["level"])})


def _migration(migration: Migration, replay: Evidence | None) -> dict[str, Any]:
    evidence = replay.files.get(migration.path) if replay else None
    unique_id = migration.header_field("Unique ID")
    return {
        "file": migration.path,
        "date": migration.date.isoformat() if migration.date else None,
        "unique_id": unique_id.value if unique_id else None,
        "statements": len(migration.statements),
        "applied": evidence.applied if evidence else None,
        "seconds": round(evidence.seconds, 6) if evidence else None,
        "trace": [plain(record) for record in evidence.traces] if evidence else None,
        "again": plain(evidence.rerun) if evidence and evidence.rerun else None,
        "rollback": plain(evidence.rollback) if evidence and evidence.rollback else None,
        "rows": _rows(evidence.on_rows) if evidence and evidence.on_rows else None,
        "mismatches": [plain(record) for record in evidence.mismatches] if evidence else None,
        "breaks": [plain(record) for record in evidence.interruptions] if evidence else None,
        "consumers": [plain(record) for record in evidence.consumer_changes] if evidence else None,
    }


def _rows(on_rows: RowsTrial) -> dict[str, Any]:
    """The trial on rows: the tables that were filled, those that could not be and why, and the data that was lost."""
    return {
        "filled": dict(sorted(on_rows.filled.items())),
        "unfilled": dict(sorted(on_rows.unfilled.items())),
        "losses": [plain(loss) for loss in on_rows.losses],
    }


def plain(value: Any) -> Any:
    """A record as JSON values: without fields that are empty, false or None; the key of an object as text."""
    if isinstance(value, Key):
        return str(value)
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    elif hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items() if item not in (None, "", (), False)}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return round(value, 6) if isinstance(value, float) else value
