"""CT14 knows shapes: what a history and a slot must have beside their master, and what no correct one is blamed for.

Each case is a schema of its own, and all of them are replayed at once.
"""

from __future__ import annotations

import pytest

from machine import choice_of, replay
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.repository.migration import parse_migration

MASTER = "CREATE TABLE s.master (company_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, domain text NOT NULL UNIQUE, name text, founded date, updated_at timestamptz NOT NULL DEFAULT now());"
ID = "CREATE TABLE s.master (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL);"
UUID = "CREATE TABLE s.master (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL);"
PAIR = "CREATE TABLE s.master (tenant int, code text, name text NOT NULL, PRIMARY KEY (tenant, code));"
KEYLESS = "CREATE TABLE s.master (id bigint, name text);"
KEY, TIME, WHAT, FEED = "history-key", "history-time", "history-content", "slot-feed"

HISTORIES: dict[str, tuple[str, str, set[str]]] = {
    # what would fool a look at names alone
    "nonsense": (MASTER, "(nonsense int)", {KEY, TIME, WHAT} - {WHAT}),
    "no columns": (MASTER, "()", {KEY, TIME, WHAT}),
    "own number alone": (MASTER, "(history_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)", {KEY, TIME, WHAT}),
    "own id is not the master's": (
        ID,
        "(id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, changed_at timestamptz, note text)",
        {KEY},
    ),
    "own serial": (ID, "(id bigserial PRIMARY KEY, changed_at timestamptz, note text)", {KEY}),
    "own uuid": (UUID, "(id uuid PRIMARY KEY DEFAULT gen_random_uuid(), changed_at timestamptz, note text)", {KEY}),
    "key is the history's primary key": (
        MASTER,
        "(company_id bigint PRIMARY KEY, changed_at timestamptz, note text)",
        {KEY},
    ),
    "key too small": (MASTER, "(company_id smallint, changed_at timestamptz, note text)", {KEY}),
    "key of another type": (UUID, "(master_id bigint, changed_at timestamptz, note text)", {KEY}),
    "who is not which": (ID, "(user_id bigint, changed_at timestamptz, note text)", {KEY}),
    "another table's key": (
        ID + "CREATE TABLE s.campaign (id bigint PRIMARY KEY);",
        "(campaign_id bigint REFERENCES s.campaign (id), changed_at timestamptz, note text)",
        {KEY},
    ),
    "half of the key": (PAIR, "(code text, changed_at timestamptz, note text)", {KEY}),
    "one column for two": (PAIR, "(tenant_code text, changed_at timestamptz, note text)", {KEY}),
    "an array of keys": (MASTER, "(company_id bigint[], changed_at timestamptz, note text)", {KEY}),
    "keyless master": (KEYLESS, "(id bigint, changed_at timestamptz, note text)", {KEY}),
    "no time": (MASTER, "(company_id bigint, operation text, old_row jsonb)", {TIME}),
    "time as text": (MASTER, "(company_id bigint, changed_at text, note text)", {TIME}),
    "a date of the master": (MASTER, "(company_id bigint, name text, founded date)", {TIME}),
    "no content": (
        MASTER,
        "(history_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, company_id bigint, changed_at timestamptz)",
        {WHAT},
    ),
    "only who and when": (MASTER, "(company_id bigint, changed_at timestamptz, changed_by text)", {WHAT}),
    "two times and no content": (MASTER, "(company_id bigint, valid_from timestamptz, valid_to timestamptz)", {WHAT}),
    # what is right
    "as the repository has it": (
        MASTER,
        "(history_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, company_id bigint NOT NULL, operation text NOT NULL, changed_at timestamptz NOT NULL DEFAULT now(), changed_by text, old_row jsonb, new_row jsonb)",
        set(),
    ),
    "foreign key, any name": (
        ID,
        "(whose bigint REFERENCES s.master (id) ON DELETE CASCADE, happened timestamptz, what text)",
        set(),
    ),
    "foreign key to a unique key": (
        MASTER,
        "(site text REFERENCES s.master (domain), logged timestamptz, old_name text)",
        set(),
    ),
    "named after the schema": (ID, "(s_id bigint, recorded_on date, old_name text)", set()),
    "master_id": (ID, "(id bigserial PRIMARY KEY, master_id bigint, ts timestamp, diff jsonb)", set()),
    "record_id": (UUID, "(id bigserial PRIMARY KEY, record_id uuid, ts timestamptz, diff jsonb)", set()),
    "uuid as text": (UUID, "(id bigserial PRIMARY KEY, master_id text, ts timestamptz, diff jsonb)", set()),
    "a larger number": (PAIR, "(tenant bigint, code varchar(20), at timestamptz, name text)", set()),
    "both of a composite key": (
        PAIR,
        "(tenant int, code text, valid tstzrange, name text, PRIMARY KEY (tenant, code, valid))",
        set(),
    ),
    "composite by foreign key": (
        PAIR,
        "(t int, c text, at timestamptz, name text, FOREIGN KEY (t, c) REFERENCES s.master)",
        set(),
    ),
    "a copy of the row": (MASTER, "(LIKE s.master, operation char(1))", set()),
    "a copy of the row and its time": (MASTER, "(LIKE s.master INCLUDING DEFAULTS, changed_at timestamptz)", set()),
    "inherits": (MASTER, "(changed_at timestamptz, operation text) INHERITS (s.master)", set()),
    "versions": (
        ID,
        "(id bigint, valid_from timestamptz, valid_to timestamptz, name text, PRIMARY KEY (id, valid_from))",
        set(),
    ),
    "the row as a whole": (MASTER, "(snapshot s.master, taken date)", set()),
    "natural key": (MASTER, "(domain text, day date, old_name text)", set()),
    "key by unique index": (
        "CREATE TABLE s.master (id bigint, code text NOT NULL); CREATE UNIQUE INDEX ON s.master (code);",
        "(code text, day date, old_name text)",
        set(),
    ),
    "milliseconds": (MASTER, "(company_id bigint, changed_at_ms bigint, field text, old_value text)", set()),
    "domains": (
        MASTER + "CREATE DOMAIN s.key AS bigint; CREATE DOMAIN s.moment AS timestamptz NOT NULL;",
        "(company_id s.key, seen s.moment, field text)",
        set(),
    ),
    "partitioned": (
        MASTER,
        "(company_id bigint, changed_at timestamptz, field text) PARTITION BY RANGE (changed_at)",
        set(),
    ),
    "camel case": (MASTER, '("companyId" bigint, "changedAt" timestamptz, "oldName" text)', set()),
    "company without id": (MASTER, "(company bigint, changed_at timestamptz, field text)", set()),
    "who and what": (MASTER, "(company_id bigint, changed_at timestamptz, changed_by text, field text)", set()),
}
FEEDS = "BEGIN INSERT INTO s.master (name) VALUES ('x'); RETURN NEW; END"
SLOTS: dict[str, tuple[str, str, set[str]]] = {
    "nonsense": (MASTER, "CREATE TABLE s.slot (nonsense int);", {FEED}),
    "own number alone": (ID, "CREATE TABLE s.slot (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);", {FEED}),
    "status alone": (ID, "CREATE TABLE s.slot (id bigint, status text, received_at timestamptz);", {FEED}),
    "half of what is needed": ("CREATE TABLE s.master (id bigint PRIMARY KEY, domain text NOT NULL, country text NOT NULL);", "CREATE TABLE s.slot (domain text);", {FEED}),
    "a trigger that does something else": (ID, f"CREATE TABLE s.slot (x int); CREATE TABLE s.other (name text); CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS $${FEEDS.replace('s.master', 's.other')}$$; CREATE TRIGGER t AFTER INSERT ON s.slot FOR EACH ROW EXECUTE FUNCTION s.f();", {FEED}),
    "a function of another slot": (ID, "CREATE TABLE s.slot (x int); CREATE TABLE s.slots (name text); CREATE FUNCTION s.f() RETURNS void LANGUAGE plpgsql AS $$BEGIN INSERT INTO s.master (name) SELECT name FROM s.slots; END$$;", {FEED}),
    "refers to something else": (ID + "CREATE TABLE s.source (id bigint PRIMARY KEY);", "CREATE TABLE s.slot (source_id bigint REFERENCES s.source);", {FEED}),
    "the same columns": (MASTER, "CREATE TABLE s.slot (LIKE s.master);", set()),
    "what is needed": (MASTER, "CREATE TABLE s.slot (slot_id bigint PRIMARY KEY, domain text);", set()),
    "other words": (MASTER, "CREATE TABLE s.slot (raw_domain text);", set()),
    "names in parts": ("CREATE TABLE s.master (id uuid PRIMARY KEY, full_name text NOT NULL);", "CREATE TABLE s.slot (first_name text, last_name text);", set()),
    "payload": (MASTER, "CREATE TABLE s.slot (id bigint, payload jsonb);", set()),
    "raw text": (MASTER, "CREATE TABLE s.slot (id bigint, raw text);", set()),
    "the row type": (MASTER, "CREATE TABLE s.slot (candidate s.master);", set()),
    "refers to the master": (MASTER, "CREATE TABLE s.slot (became bigint REFERENCES s.master);", set()),
    "the master refers to it": ("CREATE TABLE s.slot (id bigint PRIMARY KEY); CREATE TABLE s.master (id bigint PRIMARY KEY, name text NOT NULL, slot_id bigint REFERENCES s.slot);", "", set()),
    "a third table links them": (ID, "CREATE TABLE s.slot (x bigint PRIMARY KEY); CREATE TABLE s.promotion (slot bigint REFERENCES s.slot, master bigint REFERENCES s.master);", set()),
    "by trigger": (ID, f"CREATE TABLE s.slot (x int); CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS $${FEEDS}$$; CREATE TRIGGER t AFTER INSERT ON s.slot FOR EACH ROW EXECUTE FUNCTION s.f();", set()),
    "by function": (ID, "CREATE TABLE s.slot (x int); CREATE FUNCTION s.f() RETURNS void LANGUAGE plpgsql AS $$BEGIN INSERT INTO s.master (name) SELECT x::text FROM s.slot; END$$;", set()),
    "by function in sql": (ID, "CREATE TABLE s.slot (x int); CREATE FUNCTION s.f() RETURNS void LANGUAGE sql AS $$INSERT INTO s.master (name) SELECT x::text FROM s.slot$$;", set()),
    "by procedure and search path": (ID, "CREATE TABLE s.slot (x int); CREATE PROCEDURE s.f() LANGUAGE plpgsql SET search_path = s AS $$BEGIN INSERT INTO master (name) SELECT x::text FROM slot; END$$;", set()),
    "by dynamic sql": (ID, "CREATE TABLE s.slot (x int); CREATE FUNCTION s.f() RETURNS void LANGUAGE plpgsql AS $$BEGIN EXECUTE 'INSERT INTO s.master (name) SELECT x::text FROM s.slot'; END$$;", set()),
    "by rule": (ID, "CREATE TABLE s.slot (x int); CREATE RULE r AS ON INSERT TO s.slot DO ALSO INSERT INTO s.master (name) VALUES (NEW.x::text);", set()),
    "another key of what it refers to": (ID.replace("name text NOT NULL", "company_id bigint NOT NULL REFERENCES s.company") .replace("CREATE TABLE s.master", "CREATE TABLE s.company (id bigint PRIMARY KEY); CREATE TABLE s.master"), "CREATE TABLE s.slot (company_domain text);", set()),
    "nothing is needed": (KEYLESS, "CREATE TABLE s.slot (name text);", set()),
}  # fmt: skip


def _renamed(sql: str, schema: str) -> str:
    return sql.replace("s.", f"{schema}.").replace("= s ", f"= {schema} ").replace("(s_id", f"({schema}_id")


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """What CT14 says of each case: its findings by the name of the table."""
    root = tmp_path_factory.mktemp("shapes")
    (root / "rules").mkdir()
    (root / "migrations").mkdir()
    sql, tables = [], {}
    for kind, cases in (("history", HISTORIES), ("slot", SLOTS)):
        for number, (name, (master, more, _)) in enumerate(cases.items()):
            schema = f"{kind[0]}x{number}"
            made = f"CREATE TABLE s.history {more};" if kind == "history" else more
            sql.append(f"CREATE SCHEMA {schema};\n{_renamed(master + made, schema)}\n")
            tables[kind, name] = f"{schema}.{kind}"
    (root / "migrations" / "2025-10-23_create_shapes.sql").write_text("".join(sql))
    listed = "\n".join(f"    - {table}" for table in tables.values())
    (root / "rules" / "_profile.yml").write_text("extends: none\n")
    (root / "rules" / "required-tables.yml").write_text(f"extends: required-tables\noptions:\n  tables:\n{listed}\n")
    suite = load_suite(root, [root / "migrations"], [], root / "rules")
    with choice_of(18).offer.start() as server:
        evidence = replay(suite.repository, server, trials=frozenset())
        assert all(file.applied for file in evidence.files.values()), [file.error for file in evidence.files.values()]
        questions = [question for of_file in suite.questions.values() for question in of_file]
        found = {question.subject: judge(question, evidence) for question in questions}
        pasted = _after_pasting(suite, server, [finding for findings in found.values() for finding in findings])
    return {key: (found[table], pasted[table]) for key, table in tables.items()}


def _after_pasting(suite, server, findings):
    """What CT14 says when the SQL of every finding has been run."""
    text = "\n".join(finding.instead for finding in findings)
    more = parse_migration(text.encode(), "migrations/2025-10-24_add_what_lacks.sql")
    from dataclasses import replace

    repository = replace(suite.repository, migrations=(*suite.repository.migrations, more))
    evidence = replay(repository, server, trials=frozenset())
    assert all(file.applied for file in evidence.files.values()), [file.error for file in evidence.files.values()]
    questions = [question for of_file in suite.questions.values() for question in of_file]
    return {question.subject: judge(question._replace(repository=repository), evidence) for question in questions}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_history_says_which_row_when_and_what(judged, name):
    found, _ = judged["history", name]
    whys = {finding.why: finding for finding in found}
    assert len(whys) == len(found), "each cause has its own reason"
    assert {_cause(finding) for finding in found} == HISTORIES[name][2], [finding.message for finding in found]


@pytest.mark.parametrize("name", SLOTS)
def test_a_slot_feeds_its_master(judged, name):
    found, _ = judged["slot", name]
    assert {_cause(finding) for finding in found} == SLOTS[name][2], [finding.message for finding in found]


@pytest.mark.parametrize(
    "key", [*(("history", name) for name in HISTORIES), *(("slot", name) for name in SLOTS)], ids=" ".join
)
def test_the_sql_to_paste_gives_the_table_its_shape(judged, key):
    _, after = judged[key]
    assert [finding.message for finding in after] == []


def _cause(finding) -> str:
    words = {KEY: "which row", TIME: "say when", WHAT: "say what", FEED: "cannot feed"}
    return next(cause for cause, text in words.items() if text in finding.message)


def test_the_message_names_key_type_and_file(judged):
    found, _ = judged["history", "key too small"]
    (finding,) = found
    assert finding.file == "migrations/2025-10-23_create_shapes.sql"
    assert "mirrors the key company_id bigint; company_id is smallint" in finding.message
    assert finding.line > 1
