"""No statement's effects depend on which statement comes behind it: harmless ones change no verdict."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import cases
from machine import choice_of, oldest_and_newest, replay, replayed
from pytest_ctb.model import TransactionCommand
from pytest_ctb.repository.migration import parse_migration

ANYWHERE = (
    "RESET lock_timeout;",
    "RESET ROLE;",
    "SET lock_timeout = '5s';",
    "SET SESSION AUTHORIZATION DEFAULT;",
    "SET application_name = 'quiet';",
    "SHOW search_path;",
    "/* a comment */",
    "DISCARD PLANS;",
    "UNLISTEN *;",
    "SELECT 1;",
)
"""What neither makes nor loses anything."""
HARMLESS = (
    *ANYWHERE,
    "SET LOCAL lock_timeout = '5s';",
    "SAVEPOINT harmless;",
    "SAVEPOINT harmless; RELEASE SAVEPOINT harmless;",
    "SAVEPOINT harmless; ROLLBACK TO SAVEPOINT harmless;",
)
"""The same in a transaction."""
LIVE = {"no-drop-column", "replay", "idempotent", "rollback-restores", "atomic", "keep-data"}
FIRING = [case for case in cases.cases() if case.fires and case.guideline in LIVE]
_MARKS = (
    "-- ctb:",
    "\\",
    "$",
    "copy ",
    "prepare ",
    "commit prepared",
    "search_path",
    "set ",
    "reset ",
    "discard",
    "savepoint",
)


@pytest.fixture(params=oldest_and_newest(), scope="module", ids=str)
def server(request):
    """A server of the oldest and of the newest major version that can be had."""
    with choice_of(request.param).offer.start() as started:
        yield started


def is_plain(text: str) -> bool:
    """Whether a statement may stand behind each of its statements, and mean nothing there."""
    lowered = text.lower()
    file = parse_migration(text.encode(), "x.sql")
    commands = [statement.command for statement in file.statements if statement.control]
    whole = commands == [TransactionCommand.BEGIN, TransactionCommand.COMMIT] and file.statements[-1].control
    return not any(mark in lowered for mark in _MARKS) and (whole or not commands)


PLAIN = [
    case
    for case in FIRING
    if len(case.files) == 1 and is_plain(next(iter(case.files.values())).decode(errors="replace"))
]


def with_harmless(text: str, chosen: list[int]) -> str:
    """The text with one of them behind each statement but the last, on its own line, so that all lines stay."""
    file = parse_migration(text.encode(), "x.sql")
    *inner, _ = file.statements
    harmless = HARMLESS if any(statement.control for statement in file.statements) else ANYWHERE
    for number, statement in reversed(list(enumerate(inner))):
        end = text.index(";", statement.start + len(statement.sql) - 1) + 1
        text = f"{text[:end]} {harmless[chosen[number % len(chosen)] % len(harmless)]}{text[end:]}"
    return text


def found(case: cases.Case, top: Path, server) -> set[tuple[str, int, str]]:
    """What the guideline of a case finds: in which file, on which line, and how it says so."""
    suite = case.write(top)
    seen = replay(suite.repository, server, timeout=5, trials=suite.trials)
    return {(one.file, one.line, one.message) for one in cases.judged(case, suite, lambda: seen)}


@settings(
    max_examples=int(os.environ.get("CTB_EXAMPLES", "25")),
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(st.sampled_from(PLAIN), st.lists(st.integers(0, len(HARMLESS) - 1), min_size=1, max_size=4))
def test_harmless_statements_change_no_verdict(server, tmp_path_factory, case, chosen):
    top = tmp_path_factory.mktemp("blind")
    usual = found(case, top / "usual", server)
    text = cases._EXPECT.sub(b"", case.path.read_bytes()).decode()
    (top / "other").mkdir()
    other = top / "other" / case.path.name
    other.write_text(with_harmless(text, chosen))
    assert found(dataclasses.replace(case, path=other), top / "changed", server) == usual
    assert {line for _, line, _ in usual} == {line for _, line in case.expected}


def test_there_are_many_such_cases_of_each_guideline():
    """Of `atomic` hardly any is one transaction."""
    counts = {name: sum(case.guideline == name for case in PLAIN) for name in LIVE - {"atomic"}}
    assert min(counts.values()) >= 3, counts


@pytest.mark.parametrize("last", [*HARMLESS, "RESET ALL;"])
@pytest.mark.parametrize(
    "loses",
    [
        "DELETE FROM public.a;",
        "UPDATE public.a SET note = 'x';",
        "TRUNCATE public.a;",
        "INSERT INTO public.b SELECT id FROM public.a;",
    ],
)
def test_what_a_file_does_to_rows_is_seen_whatever_its_last_statement_is(server, last, loses):
    text = f"BEGIN;\n{loses}\n{last}\nCOMMIT;"
    made = "CREATE TABLE public.a (id int PRIMARY KEY, note text);\nCREATE TABLE public.b (id int UNIQUE);"
    fared = replayed(server, made, text).files["2.sql"]
    assert fared.trouble is None
    assert fared.on_rows.filled
    again = fared.rerun
    if loses.startswith("INSERT"):
        assert fared.on_rows.error is None
    else:
        assert fared.on_rows.losses or any(trace.truncated for trace in fared.traces)
    assert again.error is None


def test_what_a_rollback_to_a_savepoint_takes_back_is_tried_on_rows_too(server):
    text = "BEGIN;\nSAVEPOINT s;\nINSERT INTO a (id) SELECT 1 / (id - 7) FROM a;\nROLLBACK TO s;\nRESET lock_timeout;\nCOMMIT;"
    fared = replayed(server, "CREATE TABLE a (id int PRIMARY KEY);", text).files["2.sql"]
    assert fared.on_rows.filled == {"public.a": 4}


def test_a_forged_word_of_the_witness_hides_nothing(server):
    """A body that says what the server says when it writes a table anew does not make a TRUNCATE one of those."""
    text = "DO $$ BEGIN TRUNCATE a; RAISE DEBUG 'rewriting table \"a\"'; RAISE INFO USING ERRCODE = 'CTB03', MESSAGE = 'a'::regclass::oid::text; END $$;"
    fared = replayed(server, "CREATE TABLE a (id int);", text).files["2.sql"]
    assert fared.trouble is None
    assert fared.traces[0].truncated == ("public.a",)
    assert fared.traces[0].rewritten == ()
    assert any(notice.startswith("INFO: ") for notice in fared.traces[0].notices)


@pytest.mark.parametrize(
    "hushes",
    [
        "SET client_min_messages = error;",
        "SET LOCAL client_min_messages TO error;",
        "SELECT set_config('client_min_messages', 'error', true);",
    ],
)
def test_a_file_that_hushes_the_server_hides_nothing(server, hushes):
    """A dump starts so; what IF NOT EXISTS skipped is still known, and why a table was scanned."""
    text = f"BEGIN;\n{hushes}\nCREATE TABLE IF NOT EXISTS public.a (id bigint, more text);\nALTER TABLE public.b ADD CHECK (id > 0);\nCOMMIT;"
    made = "CREATE TABLE public.a (id int);\nCREATE TABLE public.b (id int);"
    fared = replayed(server, made, text).files["2.sql"]
    assert [mismatch.key.name for mismatch in fared.mismatches] == ["public.a"]
    (scan,) = [scan for trace in fared.traces for scan in trace.scanned]
    assert scan.why
