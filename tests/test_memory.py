"""What earlier runs saw is worth what a fresh run sees: the same verdicts, whatever was edited in between."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.guideline_files import packaged
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.model import Trial
from pytest_ctb.replay.cache import Cache
from pytest_ctb.replay.orchestrate import Orchestrator

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
    "CREATE OR REPLACE FUNCTION {name}_gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM {name}; RETURN NULL; END'; "
    "CREATE CONSTRAINT TRIGGER {name}_late AFTER INSERT ON {name} DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION {name}_gone()",
    "CREATE RULE {name}_rule AS ON UPDATE TO {name} DO ALSO DELETE FROM {name}",
    "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    "ALTER DEFAULT PRIVILEGES REVOKE ALL ON SEQUENCES FROM CURRENT_USER",
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, {name}', current_database()); END $$",
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET DateStyle = German', current_database()); END $$",
    "ALTER ROLE CURRENT_USER SET quote_all_identifiers = on",
    "ALTER ROLE CURRENT_USER SET row_security = off",
    "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
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


@pytest.fixture(autouse=True, scope="module")
def home(tmp_path_factory):
    """A cache of our own."""
    patch = pytest.MonkeyPatch()
    patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("home")))
    yield Path(os.environ["XDG_CACHE_HOME"], "pytest-ctb")
    patch.undo()


def same(one, other):
    """The same, but for how long it took and which transaction it was."""
    names = [field.name for field in fields(one)] if is_dataclass(one) else getattr(one, "_fields", ())
    if names:
        told = [name for name in names if name not in {"seconds", "transaction"}]
        return type(one) is type(other) and all(same(getattr(one, name), getattr(other, name)) for name in told)
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


def write(top: Path, files) -> None:
    """Write files, each a name and a text, in place of those that are there."""
    shutil.rmtree(top / "migrations", ignore_errors=True)
    (top / "migrations").mkdir(parents=True)
    for name, text in files:
        (top / "migrations" / f"{name}.sql").write_text(text)


def named(texts):
    """A name for each text, between which others fit."""
    return [(f"2025-01-{number:02}_create_x", text) for number, text in enumerate(texts, start=1)]


def asked(top: Path, memory: Cache | None, bases=(), **told) -> tuple[Orchestrator, dict]:
    """The evidence of the files below a folder, and what every question is answered from it."""
    suite = load_suite(top, [top / "migrations"], bases, packaged())
    one = Orchestrator(suite.repository, replace(Settings("embedded", trials=suite.trials), **told), memory)
    answers = {}
    for question in (each for every in suite.questions.values() for each in every):
        try:
            found = judge(question, one.replay() if question.live else None)
            # Which transaction it was, tells how many there were before it: in another run there are others.
            answers[question.file, question.name] = [
                replace(each, details=re.sub(r"transaction \d+", "transaction N", each.details)) for each in found
            ]
        except NotJudgedError as error:
            answers[question.file, question.name] = str(error)
    return one, answers


def after(files, edit):
    """The files when one of them was added, changed or removed; the names of the others stay."""
    what, where, text = edit
    where = min(where, len(files) - 1)
    left, (name, _), right = files[:where], files[where], files[where + 1 :]
    match what:
        case "add":
            return [*files, (f"{files[-1][0]}_z", text)]
        case "insert":
            return [*left, (name, files[where][1]), (f"{name}_b", text), *right]
        case "change":
            return [*left, (name, text), *right]
        case "remove" if len(files) > 1:
            return [*left, *right]
    return files


@settings(
    max_examples=int(os.environ.get("CTB_EXAMPLES", "6")),
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink an example takes some hundred servers
)
@given(_histories, _edits)
def test_remembered_and_fresh_verdicts_are_equal(tmp_path_factory, texts, edits):
    top = tmp_path_factory.mktemp("edited")
    (top / "cache").mkdir()
    files = named(texts)
    write(top, files)
    asked(top, Cache(top / "cache"))
    for edit in edits:
        files = after(files, edit)
        write(top, files)
        remembering, from_memory = asked(top, Cache(top / "cache"))
        fresh, anew = asked(top, None)
        assert from_memory == anew
        assert same(remembering.replay().files, fresh.replay().files)
        assert remembering.replay().schema == fresh.replay().schema


_TABLES = [f"CREATE TABLE IF NOT EXISTS t{number} (id bigint PRIMARY KEY);\n" for number in range(6)]


@pytest.fixture
def ask(tmp_path):
    """Replay files with what earlier calls remember; `servers` counts those that were started."""
    (tmp_path / "cache").mkdir()
    servers = []
    patch = pytest.MonkeyPatch()

    def replay(texts, bases=(), *, fresh=False, **told):
        write(tmp_path, named(texts))
        for name, text in bases:
            (tmp_path / name).write_text(text)
        one = [tmp_path / name for name, _ in bases]
        suite = load_suite(tmp_path, [tmp_path / "migrations"], one, packaged())
        told = {"trials": frozenset({Trial.RERUN}), **told}
        found = Orchestrator(
            suite.repository, replace(Settings("embedded"), **told), Cache(tmp_path / "cache", fresh=fresh)
        )
        begin = found.choice.offer.begin
        offer = replace(found.choice.offer, begin=lambda *given: servers.append(given) or begin(*given))
        patch.setitem(vars(found), "choice", found.choice._replace(offer=offer))
        return found.replay()

    replay.servers = servers
    yield replay
    patch.undo()


def files_of(replay):
    return list(replay.files.values())


def test_nothing_changed_starts_no_server(ask):
    first, second = ask(_TABLES), ask(_TABLES)
    assert len(ask.servers) == 1
    assert first == second


def test_a_new_file_is_seen_behind_those_that_are_known(ask, home):
    first, second = ask(_TABLES[:5]), ask(_TABLES)
    assert len(ask.servers) == 2
    assert not [path.name for path in home.iterdir() if not path.name.startswith(("initdb-", "key", "said"))]
    assert files_of(second)[:5] == files_of(first)  # to the microsecond
    assert sorted(key.name for key in second.schema.objects if key.kind == "table") == [
        f"public.t{n}" for n in range(6)
    ]


def test_a_changed_file_takes_those_behind_it_along_and_no_other(ask):
    first = ask(_TABLES)
    second = ask([*_TABLES[:2], _TABLES[2].replace("bigint", "integer"), *_TABLES[3:]])
    assert files_of(second)[:2] == files_of(first)[:2]
    for old, new in zip(files_of(first)[2:], files_of(second)[2:], strict=True):
        assert old.seconds != new.seconds


def test_what_a_server_was_made_to_hold_is_there_when_it_goes_on(ask):
    """Roles, rows, sequences, settings of the database, extensions of the platform."""
    made = [
        "CREATE ROLE clerk; ALTER ROLE clerk SET search_path = shop;",
        "CREATE SCHEMA shop; CREATE TABLE shop.t (id serial, n int); INSERT INTO shop.t (n) VALUES (1), (2);",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = shop', current_database()); END $$;",
        "CREATE EXTENSION btree_gist;",
    ]
    asking = "INSERT INTO t (n) VALUES (3); GRANT SELECT ON t TO clerk; DO $$ BEGIN ASSERT (SELECT max(id) FROM t) = 3; END $$;"
    ask(made)
    assert all(one.applied for one in files_of(ask([*made, asking])))
    assert same(ask([*made, asking]).files, ask([*made, asking], fresh=True).files)


_LATE = """
CREATE TABLE t (id int PRIMARY KEY);
CREATE FUNCTION clear() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM t WHERE id > NEW.id; RETURN NULL; END';
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION clear();
"""
_BY_EVENT = """
CREATE TABLE t (id int PRIMARY KEY);
CREATE FUNCTION clear() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM t; END';
CREATE EVENT TRIGGER clearing ON ddl_command_end WHEN TAG IN ('CREATE SEQUENCE') EXECUTE FUNCTION clear();
"""


@pytest.mark.parametrize(
    ("before", "text", "role"),
    [
        (_LATE, "BEGIN; INSERT INTO t VALUES (100); COMMIT;", "owner"),
        (
            "CREATE TABLE t (id int);\nCREATE RULE also AS ON UPDATE TO t DO ALSO DELETE FROM t;",
            "UPDATE t SET id = 2;",
            "owner",
        ),
        (_BY_EVENT, "CREATE SEQUENCE s;", "superuser"),
    ],
    ids=["deferred trigger", "rule", "event trigger"],
)
def test_what_an_earlier_file_makes_happen_is_seen_though_that_file_is_known(ask, before, text, role):
    """Rows that go by a trigger or a rule of a file that an earlier run has seen, go in this run too."""
    told = {"trials": frozenset(Trial), "role": role}
    ask([before], **told)
    known, fresh = ask([before, text], **told), ask([before, text], fresh=True, **told)
    losses = files_of(fresh)[1].on_rows.losses
    assert losses
    assert files_of(known)[1].on_rows.losses == losses


def test_an_error_of_before_is_known_when_files_are_tried_late(ask):
    late = ["SELECT nothing FROM t9;", *_TABLES[:2]]
    assert files_of(ask(late))[0].applies_last is False
    seen = ask([*late, "CREATE TABLE t9 (nothing int);"])
    assert (len(ask.servers), files_of(seen)[0].applies_last) == (2, True)


def test_a_base_and_a_query_are_seen_by_themselves(ask):
    base = [("base.sql", "".join(_TABLES))]
    first = ask(_TABLES, base)
    second = ask(_TABLES, [("base.sql", "CREATE TABLE other ();")])
    assert files_of(first) == files_of(second)
    assert "table public.other" in map(str, second.bases["base.sql"][1].objects)
    third = ask(_TABLES, base, queries=("SELECT 1 AS one",))
    assert third.query_results["SELECT 1 AS one"].rows == (("1",),)
    assert files_of(third) == files_of(first)
    fourth = ask([*_TABLES, "CREATE ROLE clerk;"], [("base.sql", "CREATE ROLE clerk; CREATE TABLE b ();")])
    assert fourth.bases["base.sql"][0].applied
    assert all(one.applied for one in files_of(fourth))


@pytest.mark.parametrize(
    "told",
    [{"timeout": 30.0}, {"role": "superuser"}, {"trials": frozenset(Trial)}, {"major": 16}],
    ids="-".join,
)
def test_another_setting_is_another_replay(ask, told):
    ask(_TABLES)
    ask(_TABLES, **told)
    assert len(ask.servers) == 2


def test_fresh_ignores_all_of_it(ask):
    first = ask(_TABLES)
    second = ask(_TABLES, fresh=True)
    assert len(ask.servers) == 2
    assert first != second
    assert ask(_TABLES) == second  # which is remembered in its turn


@pytest.mark.parametrize("base", [False, True])
def test_what_took_too_long_once_is_tried_again(ask, base):
    """A machine was busy: what was seen before that file is remembered, and nothing of it or behind it."""
    slow = "CREATE TABLE slow (id int); SELECT pg_sleep(600);"
    files = _TABLES if base else [*_TABLES[:2], slow, *_TABLES[2:4]]
    bases = [("base.sql", slow)] if base else []
    first, second = (ask(files, bases, timeout=0.5) for _ in range(2))
    assert len(ask.servers) == 2
    again = [old == new for old, new in zip(files_of(first), files_of(second), strict=True)]
    assert again == ([True] * 6 if base else [True, True, False, False, False])
    assert (second.bases["base.sql"][0] if base else files_of(second)[2]).error.sqlstate == "57014"


@pytest.mark.parametrize("how", ["forged", "cut", "unsigned", "of another user"])
def test_what_nobody_here_has_signed_is_not_read(tmp_path, how, home):
    class Harmful:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "harm"),))

    memory = Cache(tmp_path)
    memory.put({"a": 1})
    assert Cache(tmp_path).get("a") == 1
    path = tmp_path / "evidence"
    match how:
        case "forged":
            data = bytearray(path.read_bytes())
            data[-1] ^= 1
            path.write_bytes(data)
        case "cut":
            path.write_bytes(path.read_bytes()[:40])
        case "unsigned":
            import pickle

            path.write_bytes(bytes(32) + pickle.dumps({"a": pickle.dumps(Harmful())}))
        case "of another user":
            (home / "key").unlink()
    assert Cache(tmp_path).get("a") is None
    assert not (tmp_path / "harm").exists()
    Cache(tmp_path).put({"b": 2})
    assert Cache(tmp_path).get("b") == 2


def test_of_what_is_not_used_some_is_kept(tmp_path):
    for number in range(9):
        Cache(tmp_path).put({f"{number}": number})
    assert [number for number in range(9) if Cache(tmp_path).get(f"{number}") is not None] == [6, 7, 8]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    Cache(tmp_path / "nowhere").put({"a": 1})
    assert Cache(tmp_path / "nowhere").get("a") is None


def test_what_a_crash_shows_is_short(ask, tmp_path):
    """Pytest writes out the arguments of what crashes, for each test: not all files of the repository."""
    replay = ask(_TABLES)
    suite = load_suite(tmp_path, [tmp_path / "migrations"], [], packaged())
    questions = [one for every in suite.questions.values() for one in every]
    for one in (replay, suite.repository, *questions):
        assert "t5" not in repr(one).replace(str(tmp_path), "").replace(getattr(one, "subject", "-"), "")
        assert len(repr(one)) < 6000
