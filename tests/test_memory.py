"""What earlier runs saw is worth what a fresh run sees: the same verdicts, whatever was edited in between."""

from __future__ import annotations

import os
import shutil
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_ctb import audit
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.evidence import Evidence, Settings
from pytest_ctb.guidelines import packaged
from pytest_ctb.memory import Memory

_PIECES = (
    "CREATE TABLE IF NOT EXISTS {name} (id bigint PRIMARY KEY, note text)",
    "CREATE TABLE {name} (id bigint GENERATED ALWAYS AS IDENTITY, note text NOT NULL)",
    "ALTER TABLE {name} ADD COLUMN IF NOT EXISTS extra int",
    "ALTER TABLE {name} DROP COLUMN IF EXISTS note",
    "ALTER TABLE {name} ALTER COLUMN note TYPE varchar(10)",
    "INSERT INTO {name} VALUES (1, 'x')",
    "INSERT INTO {name} (note) VALUES ('x'), ('y')",
    "UPDATE {name} SET note = 'z'",
    "DELETE FROM {name}",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS {name}_note ON {name} (note)",
    "CREATE SEQUENCE IF NOT EXISTS {name}_seq; SELECT nextval('{name}_seq')",
    "CREATE OR REPLACE VIEW {name}_view AS SELECT id FROM {name}",
    "DROP TABLE IF EXISTS {name} CASCADE",
    "COMMENT ON TABLE {name} IS 'what'",
    "DO $$ BEGIN INSERT INTO {name} (note) SELECT 'made' WHERE NOT EXISTS (SELECT FROM {name}); END $$",
    "SELECT nonsense",
)
_FRAMES = ("BEGIN;\n{};\nCOMMIT;\n", "{};\n", "BEGIN;\n{};\nCOMMIT;\n-- Rollback:\n-- DROP TABLE IF EXISTS a;\n")
_pieces = st.builds(
    lambda frame, pieces, name: frame.format(";\n".join(pieces)).replace("{name}", name),
    st.sampled_from(_FRAMES),
    st.lists(st.sampled_from(_PIECES), min_size=1, max_size=3),
    st.sampled_from("ab"),
)
_histories = st.lists(_pieces, min_size=1, max_size=5)
_edits = st.lists(
    st.tuples(st.sampled_from(["add", "change", "remove", "insert", "none"]), st.integers(0, 4), _pieces),
    min_size=1,
    max_size=3,
)


class Counted(Evidence):
    """Evidence that tells how often it asked for a server."""

    servers = 0

    def _server(self):
        self.servers += 1
        return super()._server()


def same(one, other):
    """The same, but for how long it took and which transaction it was."""
    if is_dataclass(one):
        told = [field.name for field in fields(one) if field.name not in {"seconds", "transaction"}]
        return type(one) is type(other) and all(same(getattr(one, name), getattr(other, name)) for name in told)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def write(top: Path, texts) -> None:
    shutil.rmtree(top / "migrations", ignore_errors=True)
    (top / "migrations").mkdir(parents=True)
    for number, text in enumerate(texts, start=1):
        (top / "migrations" / f"2025-01-{number:02}_create_x{number}.sql").write_text(text)


def asked(top: Path, memory: Memory | None, **told) -> tuple[Counted, dict]:
    """The evidence of the files below a folder, and what every question is answered from it."""
    suite = audit.load(top, [top / "migrations"], told.pop("bases", []), packaged())
    one = Counted(suite.repository, replace(Settings("embedded", experiments=suite.experiments), **told), memory)
    answers = {}
    for question in (each for every in suite.questions.values() for each in every):
        try:
            answers[question.file, question.name] = audit.answer(question, one.replay)
        except NotJudgedError as error:
            answers[question.file, question.name] = str(error)
    return one, answers


def after(texts, edit):
    """The texts when one of them was added, changed or removed."""
    what, where, text = edit
    left, right = texts[:where], texts[where + 1 :]
    match what:
        case "add":
            return [*texts, text]
        case "insert":
            return [*left, text, *texts[where:]]
        case "change" if where < len(texts):
            return [*left, text, *right]
        case "remove" if len(texts) > 1:
            return [*left, *right]
    return texts


@settings(max_examples=int(os.environ.get("CTB_EXAMPLES", "8")), deadline=None, suppress_health_check=list(HealthCheck))
@given(_histories, _edits)
def test_remembered_and_fresh_verdicts_are_equal(tmp_path_factory, texts, edits):
    top = tmp_path_factory.mktemp("edited")
    kept = top / "cache"
    kept.mkdir()
    write(top, texts)
    asked(top, Memory(kept))
    for edit in edits:
        texts = after(texts, edit)
        write(top, texts)
        remembering, from_memory = asked(top, Memory(kept))
        fresh, anew = asked(top, None)
        assert from_memory == anew
        assert same(remembering.replay().files, fresh.replay().files)
        assert remembering.replay().schema == fresh.replay().schema
