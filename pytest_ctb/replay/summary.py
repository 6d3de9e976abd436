"""What was seen of each file by itself and of all together, to one Evidence: which file is to blame for which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pytest_ctb.model import Evidence, FileEvidence, Migration, Name, Observed, Repository, Served
from pytest_ctb.sql import Names, names_in


def summed_up(repository: Repository, observed: Observed) -> Evidence:
    """The Evidence of what was seen of each file by itself and of all together."""
    end = observed.end
    assert end is not None, "not all migrations have run"
    files = _with_culprits(repository.migrations, observed.files)
    for path, applies in end.late.items():
        files[path] = files[path]._replace(late=applies)
    # A statement that has worked and does not work any more has met the file that broke it.
    worked = {effect.sender for file in observed.files.values() for effect in file.consumers}
    served = (
        Served(consumer.sender, last, worked=last.error is None or consumer.sender in worked)
        for consumer, last in zip(repository.consumers, end.consumers, strict=True)
    )
    return Evidence(end.server, files, end.schema, observed.bases, end.notes, end.answers, tuple(served), end.trouble)


def _with_culprits(migrations: Sequence[Migration], files: Mapping[str, FileEvidence]) -> dict[str, FileEvidence]:
    blamed: dict[str, FileEvidence] = {}
    lacking: dict[Name, str] = {}
    for migration in migrations:
        file = files[migration.path]
        names = names_in(migration.statements) if lacking or not file.applied else Names()
        if file.applied:
            for name in names.makes:
                lacking.pop(name, None)
        else:
            file = _blamed(file, names, lacking)
            lacking |= {name: migration.path for name in names.makes if name not in lacking}
        blamed[migration.path] = file
    return blamed


def _blamed(file: FileEvidence, names: Names, lacking: Mapping[Name, str]) -> FileEvidence:
    """Name the earlier file that should have made what the server misses; it is that file which is wrong."""
    error = file.error
    if error is None or not error.missing:
        return file
    for name in names.uses:
        if name in lacking and re.search(rf"(?<!\w){re.escape(name.name)}(?!\w)", error.message):
            return file._replace(culprit=lacking[name], missing=str(name))
    return file
