"""CT15 and base schemas that are parts: each is held against the same part of what the migrations make.

Many base schemas of one repository are loaded beside one replay.
"""

from __future__ import annotations

import pytest

from machine import choice_of, replay
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite

FIRST = """
CREATE SCHEMA company;
CREATE TABLE company.master (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, domain text NOT NULL UNIQUE, old text);
COMMENT ON COLUMN company.master.domain IS 'the natural key';
CREATE INDEX master_old ON company.master (old);
CREATE TABLE company.history (company_id bigint, changed_at timestamptz, what text);
CREATE FUNCTION company.note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO company.history (what) VALUES ('x'); RETURN NEW; END$$;
CREATE TRIGGER noted AFTER UPDATE ON company.master FOR EACH ROW EXECUTE FUNCTION company.note();
CREATE TYPE company.stage AS ENUM ('new', 'won');
CREATE SCHEMA outreach;
CREATE TABLE outreach.mail (id bigint PRIMARY KEY, company_id bigint REFERENCES company.master (id), sent date);
CREATE VIEW outreach.sent AS SELECT id FROM outreach.mail;
CREATE ROLE reader;
GRANT SELECT ON company.master TO reader;
"""
SECOND = """
ALTER TABLE company.master ADD COLUMN country text NOT NULL DEFAULT 'de';
ALTER TABLE company.master DROP COLUMN old;
DO $$ BEGIN EXECUTE 'ALTER TABLE outreach.mail ADD COLUMN opened date'; END $$;
ALTER TABLE outreach.mail ALTER COLUMN sent TYPE timestamptz;
"""
MASTER = (
    "CREATE SCHEMA company; CREATE TABLE company.master (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "
    "domain text NOT NULL UNIQUE, country text NOT NULL DEFAULT 'de'); "
    "COMMENT ON COLUMN company.master.domain IS 'the natural key';"
)
HISTORY = "CREATE TABLE company.history (company_id bigint, changed_at timestamptz, what text);"
NOTED = (
    "CREATE FUNCTION company.note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO company.history (what) "
    "VALUES ('x'); RETURN NEW; END$$; CREATE TRIGGER noted AFTER UPDATE ON company.master FOR EACH ROW EXECUTE FUNCTION "
    "company.note();"
)
STAGE = "CREATE TYPE company.stage AS ENUM ('new', 'won');"
MAIL = "CREATE SCHEMA outreach; CREATE TABLE outreach.mail (id bigint PRIMARY KEY, company_id bigint, sent timestamptz, opened date);"
COMPANY = f"{MASTER}{HISTORY}{NOTED}{STAGE}"
PARTS: dict[str, tuple[str, tuple[str, ...]]] = {
    # what is right
    "company alone": (COMPANY, ()),
    "company by its header": (f"-- Part: company\n\n{COMPANY}", ()),
    "company in other words": (COMPANY.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS").replace("text", "TEXT"), ()),
    "one table, without what is written when it changes": (MASTER, ()),
    "a table that refers to another part": (MAIL, ()),
    "by its header, with a table of another schema": (f"-- Part: outreach, company.master\n\n{MASTER}{MAIL}ALTER TABLE outreach.mail ADD FOREIGN KEY (company_id) REFERENCES company.master; CREATE VIEW outreach.sent AS SELECT id FROM outreach.mail;", ()),
    "with the role and its privileges": (f"{MASTER}CREATE ROLE reader; GRANT SELECT ON company.master TO reader;", ()),
    "rows and comments": (f"{MASTER}INSERT INTO company.master (domain) VALUES ('a.de');", ()),
    # what is not
    "a column taken out": (COMPANY.replace("what text", "note text"), ("column company.history.what is made", "column company.history.note is in")),
    "a column that was dropped": (MASTER.replace("country text", "old text, country text"), ("migrations/2025-10-24_b.sql:3 drops it",)),
    "a column added in a DO block": (MAIL.replace(", opened date", ""), ("column outreach.mail.opened is made by the migrations (migrations/2025-10-24_b.sql:4)",)),
    "a column of another type": (MAIL.replace("timestamptz", "date"), ("column outreach.mail.sent differs from what the migrations make (migrations/2025-10-24_b.sql:5)",)),
    "a comment left out": (COMPANY.replace("COMMENT ON COLUMN company.master.domain IS 'the natural key';", ""), ("comment column company.master.domain",)),
    "a key left out": (COMPANY.replace(" UNIQUE", ""), ("constraint company.master.master_domain_key",)),
    "a trigger left out whose function is there": (COMPANY.replace("CREATE TRIGGER", "-- \n/*").replace("company.note();CREATE TYPE", "*/ CREATE TYPE"), ("trigger company.master.noted",)),
    "a foreign key left out whose target is there": (f"{MASTER}{MAIL}", ("constraint outreach.mail.mail_company_id_fkey",)),
    "a table left out of what the header names": (f"-- Part: company\n\n{MASTER}{STAGE}", ("table company.history is made", "function company.note() is made", "trigger company.master.noted")),
    "a value left out": (COMPANY.replace("'new', ", ""), ("type company.stage",)),
    "a function with another body": (COMPANY.replace("'x'", "'y'"), ("function company.note()",)),
    "a table that nobody makes": (f"{MASTER}CREATE TABLE company.more (id int);", ("table company.more is in",)),
    "privileges of a role that is there": (f"{MASTER}CREATE ROLE reader;", ("privileges table company.master",)),
    "it does not load": (MAIL + "CREATE VIEW outreach.sent AS SELECT nothing FROM outreach.mail;", ("does not load into an empty database",)),
}  # fmt: skip


@pytest.fixture(scope="module")
def findings(tmp_path_factory):
    """The findings of each base schema, by name."""
    root = tmp_path_factory.mktemp("parts")
    for folder in ("migrations", "rules", "infra"):
        (root / folder).mkdir()
    (root / "migrations" / "2025-10-23_a.sql").write_text(FIRST)
    (root / "migrations" / "2025-10-24_b.sql").write_text(SECOND)
    (root / "rules" / "_profile.yml").write_text("extends: none\n")
    (root / "rules" / "base-schema.yml").write_text("extends: base-schema\n")
    (root / "infra" / "neon.sql").write_text(COMPANY)
    paths = {name: f"infra/{number:02}.sql" for number, name in enumerate(PARTS)}
    for name, path in paths.items():
        (root / path).write_text(PARTS[name][0])
    bases = [root / "infra" / "neon.sql", *(root / path for path in paths.values())]
    suite = load_suite(root, [root / "migrations"], bases, root / "rules")
    with choice_of(18).offer.start() as server:
        evidence = replay(suite.repository, server, trials=frozenset())
    assert all(file.applied for file in evidence.files.values()), [file.error for file in evidence.files.values()]
    found = {file: judge(question, evidence) for file, (question,) in suite.questions.items()}
    return {**{name: found[path] for name, path in paths.items()}, "the whole": found["infra/neon.sql"]}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_held_against_the_same_part(findings, name):
    messages = [finding.message for finding in findings[name]]
    wanted = PARTS[name][1]
    assert len(messages) == len(wanted), messages
    for text in wanted:
        assert any(text in message for message in messages), messages


def test_the_whole_lacks_what_it_does_not_declare(findings):
    lacks = {finding.message.partition(" is made")[0]: finding.instead for finding in findings["the whole"]}
    assert {"schema outreach", "table outreach.mail", "view outreach.sent", "role reader"} <= lacks.keys()
    assert lacks["table outreach.mail"] == (
        "CREATE TABLE outreach.mail (\n    id bigint NOT NULL,\n    company_id bigint,\n"
        "    sent timestamp with time zone,\n    opened date\n);\n"
        "ALTER TABLE outreach.mail ADD CONSTRAINT mail_pkey PRIMARY KEY (id);\n"
        "ALTER TABLE outreach.mail ADD CONSTRAINT mail_company_id_fkey FOREIGN KEY (company_id) REFERENCES company.master(id);"
    )


def test_a_missing_column_is_shown_as_ddl(findings):
    (finding,) = findings["a column added in a DO block"]
    assert finding.instead == "ALTER TABLE outreach.mail ADD COLUMN opened date;"
    assert finding.details.endswith("+ opened date")


def test_what_the_migrations_do_not_make_has_no_ddl(findings):
    (finding,) = findings["a table that nobody makes"]
    assert (finding.instead, finding.details) == ("", "")
