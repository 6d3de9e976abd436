"""Who waits for a migration's locks, as the traces have it, against a second session that tries to read and write.

While the transaction is open, behind each statement, that session tries SELECT and INSERT on every table, partition,
parent and view, with a `lock_timeout` of 20 ms. It has used them all before, as the application has.
CI tries all cases of the pack `online` and `tests/waiting/` on the oldest and the newest version, and some of those of
`tests/rules/`; `CTB_EXAMPLES=5000 python -m pytest tests/test_waiting.py` tries all of these on both.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from psycopg.sql import SQL, Identifier

from cases import BEFORE
from cases import cases as cases_of_rules
from machine import as_migrations, oldest_and_newest, server_of
from online_cases import THEMES, before, cases, split
from pytest_ctb.model import Lock, Migration
from pytest_ctb.model.locks import waiters
from pytest_ctb.model.trace import name_before
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.session.outcome import Ran
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.witness.witness import install, key_of

HERE = Path(__file__).parent / "waiting"
MAJORS = oldest_and_newest()
COUNT = int(os.environ.get("CTB_EXAMPLES", "48"))
"""How many of the cases of `tests/rules/` are tried on each version."""
STANDS_ON = dict.fromkeys(THEMES, before()) | {"waiting": before() + (HERE / "before.sql").read_text("utf-8")}
BLOCKED = "55P03"
TARGETS = """
WITH RECURSIVE acts (oid) AS (  -- what a row that comes here may do elsewhere
    SELECT g.tgrelid FROM pg_trigger g WHERE g.tgtype & 4 <> 0
    UNION SELECT w.ev_class FROM pg_rewrite w WHERE w.ev_type = '3'
), elsewhere (oid) AS (
    SELECT oid FROM acts
    UNION SELECT h.inhparent FROM pg_inherits h
    UNION SELECT w.ev_class FROM elsewhere e
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite w ON w.oid = d.objid AND w.ev_type = '1' AND w.ev_class <> e.oid
)
SELECT c.oid::bigint, n.nspname || '.' || c.relname, what, CASE
    WHEN what = 'reads' THEN 'SELECT FROM %s LIMIT 0'
    WHEN c.relkind = 'p' THEN 'INSERT INTO %s SELECT WHERE false'
    ELSE 'INSERT INTO %s DEFAULT VALUES' END
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, unnest('{reads,writes}'::text[]) AS what
WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname !~ '^pg_' AND (what = 'reads' OR (
    pg_relation_is_updatable(c.oid, false) & 8 <> 0 AND c.oid NOT IN (SELECT oid FROM acts)
    AND NOT (c.relkind = 'v' AND c.oid IN (SELECT oid FROM elsewhere))))
ORDER BY 1, 3
"""
"""A row without values goes into a table itself; where it goes behind a partitioned table, and what triggers, foreign
keys and rules do with it, only the row and they say: there nobody writes."""
TRIED = """
CREATE FUNCTION pg_temp.tried(relations oid[], commands text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    state text;
BEGIN
    FOR place IN 1 .. cardinality(relations) LOOP
        BEGIN
            EXECUTE format(commands[place], relations[place]::regclass);
            RAISE 'done, and undone';
        EXCEPTION WHEN OTHERS THEN
            state := SQLSTATE;
        END;
        RETURN NEXT state;
    END LOOP;
END $$
"""


class Tried(NamedTuple):
    """Behind one statement: who had to wait."""

    statement: int
    waits: frozenset[tuple[str, str]]
    """A relation, by its name before the file, and `reads` or `writes`."""


class SecondSession(Session):
    """A session that is looked at from a second one, behind each statement of a transaction that is open."""

    def open(self) -> None:
        """Log in, and let the second session try everything once."""
        super().open()
        self._second = self.server.login(self.database)
        self._second.execute(TRIED)
        self._second.execute("SET lock_timeout = '20ms'")
        self._targets = []

    def close(self) -> None:
        """Log out."""
        self._second.close()
        super().close()

    def tries(self, migration: Migration) -> tuple[Ran, list[Tried]]:
        """What a file was seen to do, and what the second session met."""
        self._targets = self._second.execute(TARGETS).fetchall()
        self.tried: dict[int, frozenset[tuple[str, str]]] = {}
        assert not self._waits(), "somebody else holds locks"
        ran = self.apply(migration)
        places = {id(statement): place for place, statement in enumerate(migration.sent)}
        return ran, [Tried(places[statement], waits) for statement, waits in self.tried.items()]

    @property
    def targets(self) -> set[tuple[str, str]]:
        """What is tried."""
        return {(name, what) for _, name, what, _ in self._targets}

    def _waits(self) -> frozenset[tuple[str, str]]:
        oids, commands = ([row[place] for row in self._targets] for place in (0, 3))
        rows = self._second.execute("SELECT * FROM pg_temp.tried(%s::oid[], %s)", [oids, commands]).fetchall()
        tries = zip(self._targets, rows, strict=True)
        return frozenset((name, what) for (_, name, what, _), (state,) in tries if state == BLOCKED)

    def _look(self, before):
        probe = super()._look(before)
        self.tried[id(self.progress.statement)] = self._waits()
        return probe


def derived(locks: Iterable[Lock], major: int) -> Iterator[tuple[str, str]]:
    """Who waits, as the locks say."""
    for lock in locks:
        if lock.kind == "partitioned index" and major < 16:
            continue  # the planner does not look at it
        yield from ((waiter.relation, waiter.waits) for waiter in waiters(lock))


def disagreements(session: SecondSession, migration: Migration, *, applies: bool = True) -> Iterator[str]:
    """Each try whose outcome is not what the locks say, in words."""
    ran, tries = session.tries(migration)
    assert not applies or not ran.error, ran.error
    for place, waits in tries:
        earlier, statement = ran.traces[:place], migration.sent[place]
        locks = ran.traces[place].all_locks
        if statement.control:  # what a ROLLBACK TO or a COMMIT AND CHAIN gave back is not held behind it
            locks = ran.traces[place + 1].held if place + 1 < len(ran.traces) else ()
        expected = {
            (name_before(name, earlier), what) for name, what in derived(locks, session.server.info.major)
        } & session.targets
        for name, what in sorted(waits ^ expected):
            found = "wait" if (name, what) in waits else "do not wait"
            yield f"{what} of {name} {found}, line {statement.position.line}: {statement.sql[:200]}"


@pytest.fixture(scope="module", params=MAJORS, ids=str)
def each(request) -> Iterator:
    """A running server of the oldest and the newest major version, and the role that migrates."""
    with server_of(request.param) as server, migrating_role(server, "owner") as role:
        yield server, role


@contextmanager
def watched(server, role: str | None) -> Iterator[str]:
    """An empty database that the witness watches."""
    with database(server, "tried", role) as name:
        with server.connect(name) as admin:
            install(admin, key_of(server.password))
        yield name


@pytest.mark.parametrize("theme", [*THEMES, "waiting"])
def test_who_waits_is_who_the_locks_say(each, theme):
    server, role = each
    found = {}
    with watched(server, role) as name, server.login(name, role) as owner:
        session = SecondSession(server, name, role, 60.0, witnessed=True)
        with session, server.connect(name) as admin:
            admin.execute("SET client_min_messages = error")
            for case in cases(theme) if theme != "waiting" else split(theme, HERE / "cases.sql"):
                owner.execute(STANDS_ON[theme])
                found[case.name] = list(disagreements(session, *as_migrations(case.sql)))
                admin.execute(SQL("DROP OWNED BY {} CASCADE").format(Identifier(role)))
    assert {case: words for case, words in found.items() if words} == {}


OF_RULES = [case for case in cases_of_rules() if not case.superuser]
SHARE = OF_RULES[:: max(1, len(OF_RULES) // COUNT)]
"""Some of them, spread over all guidelines."""
BATCH = 24


@pytest.mark.parametrize("first", range(0, len(SHARE), BATCH))
def test_who_waits_in_the_cases_of_the_guidelines(each, first, tmp_path):
    server, role = each
    found = {}
    for number, case in enumerate(SHARE[first : first + BATCH]):
        files = case.write(tmp_path / str(number)).repository.migrations
        base = next(file for file in files if file.path == BEFORE)
        with watched(server, role) as name, server.login(name, role) as owner:
            owner.execute(base.source.text)
            with SecondSession(server, name, role, 60.0, witnessed=True) as session:
                others = (file for file in files if file is not base)
                found[str(case)] = [words for file in others for words in disagreements(session, file, applies=False)]
    assert {case: words for case, words in found.items() if words} == {}
