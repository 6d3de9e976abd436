"""The generated histories of the benchmark have the shape of real ones, and each of their files applies."""

from __future__ import annotations

from pathlib import Path

import pytest
from shapes import HISTORIES, SHAPES, write

from pytest_ctb.cli.project import find
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.trials.generated_rows import generate_rows
from pytest_ctb.replay.witness.witness import install
from pytest_ctb.sql import refused

GUARDS = ("IF NOT EXISTS", "IF EXISTS", "OR REPLACE")
TABLES = """
SELECT c.oid::bigint FROM pg_catalog.pg_class c
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::pg_catalog.regnamespace ORDER BY c.oid
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of each history, written when it is first asked for."""
    folders: dict[str, Path] = {}

    def folder(name: str) -> Path:
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp(name)
            write(name, folders[name])
        return folders[name]

    return folder


def share(which, of):
    """The share of those for which something holds."""
    return sum(map(bool, which)) / len(of)


@pytest.mark.parametrize("name", SHAPES)
def test_the_files_have_the_figures_of_real_ones(name, written):
    shape, files = SHAPES[name], find(written(name)).history.migrations
    statements = [statement for file in files for statement in file.statements]
    assert not [(file.path, file.unreadable) for file in files if file.unreadable]
    assert len(files) == shape.files
    assert len(statements) / len(files) == pytest.approx(shape.statements, rel=0.05)
    assert share([len(file.statements) <= 2 for file in files], files) == pytest.approx(shape.tiny, abs=0.02)
    assert share([any(map(refused, file.statements)) for file in files], files) == pytest.approx(
        shape.outside, abs=0.02
    )
    assert share([file.rollbacks for file in files], files) == pytest.approx(shape.down, abs=0.02)
    guarded = [any(guard in statement.sql for guard in GUARDS) for statement in statements]
    assert share(guarded, statements) == pytest.approx(shape.guarded, abs=0.02)
    assert share(["public." in one.sql for one in statements], statements) == pytest.approx(
        1 - shape.unqualified, abs=0.01
    )
    assert share([one.tag == "GRANT" for one in statements], statements) == pytest.approx(shape.grants, abs=0.01)


@pytest.mark.parametrize("name", HISTORIES)
def test_each_file_applies_and_as_many_tables_as_in_real_ones_take_no_row(name, written, server):
    files = find(written(name)).history.migrations
    with (
        migrating_role(server, "owner") as role,
        database(server, "shapes", role) as made,
        Session(server, made, role, 60) as session,
    ):
        failed = {file.path: ran.error.message for file in files if (ran := session.pass_by(file)).error}
        assert not failed
        if name not in SHAPES:
            return
        with server.login(made) as admin:
            install(admin, "key")
        with Session(server, made, role, 60, witnessed=True) as watched, watched.undone():
            tables = [oid for (oid,) in watched.connection.execute(TABLES).fetchall()]
            empty = generate_rows(watched, tables)
    refusing = [oid for oid in tables if oid in empty.unfilled]
    assert len(refusing) / len(tables) == pytest.approx(SHAPES[name].refusing, abs=0.05), "\n".join(
        f"{empty.names[oid]}: {why}" for oid, why in empty.unfilled.items()
    )


def test_the_same_seed_writes_the_same_files_and_another_writes_others(tmp_path):
    for name in SHAPES:
        texts = []
        for number, seed in enumerate((1, 1, 2)):
            folder = tmp_path / f"{name}-{number}"
            write(name, folder, 20, seed)
            texts.append({path.relative_to(folder): path.read_text() for path in sorted(folder.rglob("*.sql"))})
        assert texts[0] == texts[1]
        assert texts[0] != texts[2]
