"""`ctb apply --adopt`: a database that was migrated by hand is taken over, and what a person says is put down."""

from __future__ import annotations

import pytest

from livedb import write
from test_apply import FILES, ONE, THREE, TWO, UNCHECKED

MORE = {
    "2025-01-04_create_view.sql": "CREATE VIEW cheap AS SELECT id FROM item WHERE price < 5;\nCOMMENT ON VIEW cheap IS 'what is cheap';\n",
    "2025-01-05_change_price.sql": "ALTER TABLE item ALTER COLUMN price SET DEFAULT 1;\n",
    "2025-01-06_create_function.sql": "CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2';\n",
}
VIEW, CHANGE, FUNCTION = (f"migrations/{name}" for name in MORE)


@pytest.fixture
def team(tmp_path):
    write(tmp_path, FILES | MORE)
    return tmp_path


def by_hand(live, *names: str) -> None:
    for name in names:
        live.do((FILES | MORE)[name.removeprefix("migrations/")])


def verdicts(said: str) -> dict[str, str]:
    lines = [line for line in said.splitlines() if "  migrations/" in line and not line.startswith("  ")]
    return {line.split("  migrations/")[1].split(":")[0]: line.split("  ")[0] for line in lines}


def test_what_the_schema_shows_is_recorded_once_a_person_has_told_the_rest(team, live, ctb):
    by_hand(live, ONE, TWO, THREE, VIEW)
    before = live.state if False else live.ask("SELECT * FROM item")
    code, said = ctb(team, live, "apply", "--adopt")
    assert code == 1
    assert list(verdicts(said).values()) == ["applied", "applied", "cannot tell", "applied", "pending", "pending"], said
    assert f"--as-applied {THREE}   or   --as-pending {THREE}" in said
    assert live.ledger() == {}
    code, said = ctb(team, live, "apply", "--adopt", "--as-applied", THREE)
    assert code == 0, said
    assert live.ledger() == dict.fromkeys((ONE, TWO, THREE, VIEW), "adopted")
    assert live.ask("SELECT * FROM item") == before
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0
    assert live.ask("SELECT twice(2)") == [(4,)]


def test_a_file_that_is_partly_there_is_for_a_person(team, live, ctb):
    by_hand(live, ONE, TWO)
    live.do("CREATE VIEW cheap AS SELECT id FROM item WHERE price < 6")
    _, said = ctb(team, live, "apply", "--adopt")
    assert verdicts(said)[VIEW.removeprefix("migrations/")] == "cannot tell"
    assert "there, but not as the file makes it: view public.cheap" in said


def test_what_a_later_file_changed_counts_for_the_earlier_one(team, live, ctb):
    by_hand(live, ONE, TWO, CHANGE)
    _, said = ctb(team, live, "apply", "--adopt")
    assert verdicts(said)["2025-01-02_add_price.sql"] == "applied"
    assert verdicts(said)["2025-01-05_change_price.sql"] == "applied"
    assert verdicts(said)["2025-01-04_create_view.sql"] == "pending"


def test_an_empty_database_has_nothing_to_adopt_but_what_rows_alone_would_tell(team, live, ctb):
    code, said = ctb(team, live, "apply", "--adopt", "--as-pending", THREE)
    assert code == 0
    assert "0 migrations recorded as applied" in said
    assert ctb(team, live, "apply", *UNCHECKED)[0] == 0


def test_another_owner_is_no_difference(team, live, ctb):
    by_hand(live, ONE, TWO)
    live.do("CREATE ROLE keeper_of_live; ALTER TABLE item OWNER TO keeper_of_live")
    _, said = ctb(team, live, "apply", "--adopt")
    live.do("DROP OWNED BY keeper_of_live; DROP ROLE keeper_of_live")
    assert verdicts(said)["2025-01-01_create_item.sql"] == "applied", said


def test_what_is_in_use_is_not_adopted_anew(team, live, ctb):
    ctb(team, live, "apply", *UNCHECKED)
    code, said = ctb(team, live, "apply", "--adopt")
    assert (code, "adopted already" in said) == (2, True)
    code, said = ctb(team, live, "apply", "--adopt", "--as-pending", ONE)
    assert (code, "what is applied becomes pending by `ctb rollback`" in said) == (2, True)
    code, said = ctb(team, live, "apply", "--adopt", "--as-pending", ONE, "--as-applied", ONE)
    assert (code, "named by --as-applied and by --as-pending" in said) == (2, True)
    assert live.ledger()[ONE] == "applied"


def test_the_options_go_together(team, live, ctb):
    assert ctb(team, live, "apply", "--as-applied", ONE)[0] == 2
    assert ctb(team, live, "apply", "--adopt", "--dry-run")[0] == 2
    assert ctb(team, live, "apply", "--adopt", "--as-applied", "migrations/no.sql")[0] == 2
