"""What is written of a schema makes it again: loaded into an empty database, the catalogs and pg_dump tell no difference."""

from __future__ import annotations

import pytest

from drifts import SCHEMA
from machine import choice_of, oldest_and_newest, replayed
from pytest_ctb.model.creations import creation_text
from pytest_ctb.model.differences import differences
from test_verify import WITHOUT_TRGM

START = "BEGIN;\nSET LOCAL check_function_bodies = off;\n"


@pytest.fixture(scope="module", params=oldest_and_newest(), ids="pg{}".format)
def server(request):
    """A server of the oldest and of the newest major version that can be had."""
    with choice_of(request.param).offer.start() as started:
        yield started


def written(server, *files: str) -> str:
    """The text of a base schema that makes what these files make."""
    evidence = replayed(server, *files, bases=("",), trials=frozenset())
    assert all(file.applied for file in evidence.files.values()), [file.error for file in evidence.files.values()]
    ((_, empty),) = evidence.bases.values()
    new = [creation for creation in evidence.creations if creation.key not in empty.objects]
    return f"{START}{creation_text(new)}\nCOMMIT;\n"


def apart(server, base: str, *files: str) -> list[str]:
    """The objects in which a base schema and the files differ."""
    evidence = replayed(server, *files, bases=(base,), trials=frozenset())
    ((loaded, schema),) = evidence.bases.values()
    assert loaded.applied, (loaded.error, base)
    return [
        f"{difference.key}: {difference.left!r} {difference.right!r}"
        for difference in differences(schema, evidence.schema)
    ]


def test_a_schema_with_something_of_each_kind(server):
    lines = [line for line in SCHEMA.splitlines() if server.info.major not in WITHOUT_TRGM or "trgm" not in line]
    files = "\n".join(line for line in lines if "PUBLICATION" not in line)
    assert apart(server, written(server, files), files) == []
