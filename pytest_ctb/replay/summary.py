"""Combine the evidence of the files and of the final state into one Evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pytest_ctb.model import (
    ConsumerResult,
    Evidence,
    FileEvidence,
    Migration,
    Name,
    PartialEvidence,
    Repository,
    Schema,
    ServerInfo,
)
from pytest_ctb.sql import Names, names_in


def summed_up(repository: Repository, observed: PartialEvidence) -> Evidence:
    """The Evidence of a repository, from the evidence of all its files and of the final state.

    Sets `culprit`, `missing` and `applies_last` of each file.
    """
    final = observed.final
    assert final is not None, "not all migrations have run"
    files = _with_culprits(repository.migrations, observed.files)
    for path, applies in final.applies_last.items():
        files[path] = files[path]._replace(applies_last=applies)
    # A statement that a migration broke or changed has worked before it.
    worked = {change.sender for file in observed.files.values() for change in file.consumer_changes}
    results = (
        ConsumerResult(consumer.sender, last, worked=last.problem is None or consumer.sender in worked)
        for consumer, last in zip(repository.consumers, final.prepared, strict=True)
    )
    return Evidence(
        final.server,
        files,
        final.schema,
        observed.bases,
        final.notes,
        final.query_results,
        tuple(results),
        final.trouble,
        final.creations,
    )


def so_far(repository: Repository, observed: PartialEvidence, server: ServerInfo) -> Evidence:
    """The Evidence of the first migrations of a repository, where the replay ended before the last."""
    first = [migration for migration in repository.migrations if migration.path in observed.files]
    return Evidence(server, _with_culprits(first, observed.files), Schema({}), {})


def _with_culprits(migrations: Sequence[Migration], files: Mapping[str, FileEvidence]) -> dict[str, FileEvidence]:
    """The evidence by path; a file that needs an object of an earlier failed file names that file."""
    with_culprits: dict[str, FileEvidence] = {}
    culprits: dict[Name, str] = {}
    for migration in migrations:
        file = files[migration.path]
        names = names_in(migration.statements) if culprits or not file.applied else Names()
        if file.applied:
            for name in names.makes:
                culprits.pop(name, None)
        else:
            file = _with_culprit(file, names, culprits)
            culprits |= {name: migration.path for name in names.makes if name not in culprits}
        with_culprits[migration.path] = file
    return with_culprits


def _with_culprit(file: FileEvidence, names: Names, culprits: Mapping[Name, str]) -> FileEvidence:
    """Name the failed file that should have created the object that is missing according to the server's error."""
    error = file.error
    if error is None or not error.missing:
        return file
    for name in names.uses:
        if name in culprits and re.search(rf"(?<!\w){re.escape(name.name)}(?!\w)", error.message):
            return file._replace(culprit=culprits[name], missing=str(name))
    return file
