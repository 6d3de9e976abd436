"""`ctb apply`, killed with kill -9 at every word that it says to the server, and run again."""

from __future__ import annotations

import os
import signal

import pytest

from livedb import Live, write
from wire import Wire

HISTORY = {
    "2025-01-01_create_shop.sql": "BEGIN;\nCREATE SCHEMA shop;\nCREATE TABLE shop.item (id bigint PRIMARY KEY, name text NOT NULL);\nCOMMIT;\n",
    "2025-01-02_load_items.sql": "BEGIN;\nCOPY shop.item (id, name) FROM stdin;\n1\tapple\n2\tpear\n\\.\nUPDATE shop.item SET name = upper(name);\nCOMMIT;\n",
    "2025-01-03_create_totals.sql": "BEGIN;\nCREATE FUNCTION shop.total() RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT count(*) FROM shop.item $$;\nCOMMIT;\n",
    "2025-01-04_add_price.sql": "BEGIN;\nDO $$ BEGIN EXECUTE 'ALTER TABLE shop.item ADD COLUMN price numeric'; END $$;\nUPDATE shop.item SET price = id * 10;\nCOMMIT;\n",
    "2025-01-05_index_items.sql": "-- ctb:no-transaction: the table is in use\nSET lock_timeout = '3s';\nCREATE INDEX CONCURRENTLY IF NOT EXISTS item_name ON shop.item (name);\nANALYZE shop.item;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS item_price ON shop.item (price);\nINSERT INTO shop.item VALUES (3, 'PLUM', 30) ON CONFLICT DO NOTHING;\n",
    "2025-01-06_create_log.sql": "BEGIN;\nCREATE TABLE shop.log (said text);\nINSERT INTO shop.log (said) VALUES ('once');\nCREATE VIEW shop.said AS SELECT said FROM shop.log;\nCOMMIT;\n",
    "2025-01-07_log_more.sql": "BEGIN;\nINSERT INTO shop.log (said) VALUES ('twice would show');\nCOMMIT;\n",
    "2025-01-08_set_role.sql": "BEGIN;\nSET LOCAL ROLE pg_monitor;\nSET LOCAL search_path = nowhere;\nRESET ROLE;\nUPDATE shop.item SET price = price + 1;\nSET ROLE pg_monitor;\nCOMMIT;\n",
    "2025-01-09_add_check.sql": "BEGIN;\nALTER TABLE shop.item ADD CONSTRAINT item_price_check CHECK (price > 0) NOT VALID;\nALTER TABLE shop.item VALIDATE CONSTRAINT item_price_check;\nCOMMIT;\n",
    "2025-01-10_load_one.sql": "INSERT INTO shop.log (said) VALUES ('by itself');\n",
}
RUN = ("apply", "--no-check", "a test", "--wait", "30")


@pytest.fixture
def wire(tmp_path, server):
    folder = tmp_path / "wire"
    folder.mkdir()
    made = []

    def new() -> Wire:
        for one in made:
            one.close()
        (folder / ".s.PGSQL.5432").unlink(missing_ok=True)
        made.append(Wire(folder, f"{server.admin['host']}/.s.PGSQL.5432"))
        return made[-1]

    new.folder = str(folder)
    yield new
    for one in made:
        one.close()


def _start(forks, folder, address, to) -> int:
    return forks.start(folder, *RUN, to=to, DATABASE_URL=address)


def test_killed_at_any_statement_and_run_again_it_comes_to_the_same_end(tmp_path, server, forks, wire):
    """Each time in a database that has the files before, as an undisturbed run has left it."""
    said, killed = tmp_path / "said", 0
    before = Live(server)
    for count in range(1, len(HISTORY) + 1):
        folder = tmp_path / f"team{count}"
        folder.mkdir()
        write(folder, dict(list(HISTORY.items())[:count]))
        after, line = Live(server, like=before), wire()
        assert forks.wait(_start(forks, folder, after.url(wire.folder), said)) == 0, said.read_text()
        wanted = after.state()
        assert [state for _, state, *_ in wanted["ledger"]] == ["applied"] * count
        begins = next(
            at for at, one in enumerate(line.heard) if "pg_catalog.pg_backend_pid(), pg_catalog.set_config" in one
        )
        for at in range(0 if count == 1 else begins, len(line.heard)):
            live = Live(server, like=before)
            cut = wire()
            cut.at, cut.passed_on = at, True
            pid = _start(forks, folder, live.url(wire.folder), said)
            cut.born(pid)
            assert forks.wait(pid) == -9, (at, said.read_text())
            assert forks.wait(_start(forks, folder, live.url(), said)) == 0, (at, line.heard[at], said.read_text())
            assert live.state() == wanted, (at, line.heard[at])
            live.drop()
            killed += 1
        before.drop()
        before = after
    before.drop()
    assert killed > sum(sql.count(";\n") for sql in HISTORY.values())


def test_interrupted_at_any_word_it_says_what_is_there(tmp_path, live, server, forks, wire):
    """Ctrl-C: the ledger has nothing under way then, and says of each file what the database shows."""
    said = tmp_path / "said"
    write(tmp_path, dict(list(HISTORY.items())[:2]))
    line = wire()
    assert forks.wait(_start(forks, tmp_path, live.url(wire.folder), said)) == 0
    wanted = live.state()
    begins = next(at for at, one in enumerate(line.heard) if "pg_try_advisory_lock" in one)
    for at in range(begins, len(line.heard)):
        own, cut = Live(server), wire()
        cut.at, cut.deed, cut.passed_on = at, lambda cut=cut: os.kill(cut.pid(), signal.SIGINT), True
        pid = _start(forks, tmp_path, own.url(wire.folder), said)
        cut.born(pid)
        code = forks.wait(pid)
        made = own.ask("SELECT to_regnamespace('ctb_ledger') IS NOT NULL")[0][0]
        states = own.ledger() if made else {}
        assert (code, {*states.values()} <= {"applied", "failed"}) in {(1, True), (0, True)}, (
            line.heard[at],
            said.read_text(),
        )
        there = own.ask("SELECT to_regclass('shop.item') IS NOT NULL")[0][0]
        assert there is (states.get("migrations/2025-01-01_create_shop.sql") == "applied"), line.heard[at]
        assert (code == 0) == (len(states) == 2 and {*states.values()} == {"applied"}), (
            line.heard[at],
            said.read_text(),
        )
        assert forks.wait(_start(forks, tmp_path, own.url(), said)) == 0
        assert own.state() == wanted
        own.drop()
