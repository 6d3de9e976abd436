"""What was seen of each file by itself and of all together, to one Evidence: which file is to blame for which."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pytest_ctb.model import Evidence, FileEvidence, Migration, Name, Observed, Repository, Served
from pytest_ctb.sql import Names, names_in


def summed_up(repository: Repository, seen: Observed) -> Evidence:
    """The Evidence of what was seen of each file by itself and of all together."""
    end = seen.end
    assert end is not None, "not all migrations have run"
    found = _with_culprits(repository.migrations, seen.files)
    for path, applies in end.late.items():
        found[path] = found[path]._replace(late=applies)
    # A statement that has worked and does not work any more has met the file that broke it.
    worked = {effect.sender for one in seen.files.values() for effect in one.consumers}
    served = (
        Served(one.sender, last, worked=last.error is None or one.sender in worked)
        for one, last in zip(repository.consumers, end.consumers, strict=True)
    )
    return Evidence(end.server, found, end.schema, seen.bases, end.notes, end.answers, tuple(served), end.trouble)


def _with_culprits(migrations: Sequence[Migration], files: Mapping[str, FileEvidence]) -> dict[str, FileEvidence]:
    found: dict[str, FileEvidence] = {}
    lacking: dict[Name, str] = {}
    for one in migrations:
        fared = files[one.path]
        names = names_in(one.statements) if lacking or not fared.applied else Names()
        if fared.applied:
            for name in names.makes:
                lacking.pop(name, None)
        else:
            fared = _blamed(fared, names, lacking)
            lacking |= {name: one.path for name in names.makes if name not in lacking}
        found[one.path] = fared
    return found


def _blamed(fared: FileEvidence, names: Names, lacking: Mapping[Name, str]) -> FileEvidence:
    """Name the earlier file that should have made what the server misses; it is that file which is wrong."""
    error = fared.error
    if error is None or not error.missing:
        return fared
    for what in names.uses:
        if what in lacking and re.search(rf"(?<!\w){re.escape(what.name)}(?!\w)", error.message):
            return fared._replace(culprit=lacking[what], missing=str(what))
    return fared
