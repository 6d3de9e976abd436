"""This repository's own infra/ and migrations/: what the guide asks of them beyond what each guideline sees."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from pytest_ctb.model import Key
from pytest_ctb.replay.session.databases import database, migrating_role
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.witness.catalog import snapshot
from pytest_ctb.repository import folders as repository
from pytest_ctb.repository.migration import parse_migration

ROOT = Path(__file__).parent.parent
REPOSITORY = repository.load(ROOT, [ROOT / "migrations"], sorted((ROOT / "infra").glob("*.sql")))
SCHEMAS = {"company", "people", "marketing", "bit", "ple"}


@pytest.fixture
def empty(server):
    """An empty database, a session in it as the migrating role, and how to read its schema."""
    with (
        migrating_role(server, "owner") as role,
        database(server, "content", role) as name,
        Session(server, name, role, 60.0) as session,
        server.login(name) as admin,
    ):
        yield session, lambda: snapshot(admin, role).objects, admin


def applied(session, migration):
    fared = session.apply(migration)
    assert (fared.error, fared.open) == (None, False), migration.path


def rollback_of(migration):
    """The instructions of the comment block, as a file of their own."""
    (block,) = migration.rollbacks
    return parse_migration(
        ";\n".join(statement.sql for statement in block.statements).encode() + b";", f"rollback of {migration.path}"
    )


def test_every_file_runs_twice_and_its_rollback_restores_what_was_before(empty):
    session, schema, _ = empty
    for migration in REPOSITORY.migrations:
        before = schema()
        applied(session, migration)
        after = schema()
        assert after != before, migration.path
        applied(session, migration)
        assert schema() == after, migration.path
        applied(session, rollback_of(migration))
        assert schema() == before, migration.path
        applied(session, migration)
        assert schema() == after, migration.path


@pytest.mark.parametrize("base", REPOSITORY.bases, ids=lambda base: base.path)
def test_every_base_schema_is_a_part_of_the_whole(server, base):
    """It loads by itself, twice, and each of its objects is as the migrations make it."""
    with migrating_role(server, "owner") as role:
        schemas = []
        for name, files in (("part", [base, base]), ("whole", REPOSITORY.migrations)):
            with database(server, name, role) as own:
                with Session(server, own, role, 60.0) as session:
                    for file in files:
                        applied(session, file)
                with server.login(own) as admin:
                    schemas.append(snapshot(admin, role).objects)
    part, whole = schemas
    assert {key: whole.get(key) for key in part} == dict(part)
    if base.path == "infra/neon.sql":
        assert dict(part) == dict(whole)
    else:
        assert len(part) > 20


def test_every_object_is_explained(empty):
    """Each schema and each table says in a comment what it is for."""
    session, schema, _ = empty
    for migration in REPOSITORY.migrations:
        applied(session, migration)
    objects = schema()
    named = {key.name for key in objects if key.kind == "schema"} - {"public"}
    assert named == SCHEMAS
    for key in objects:
        if key.kind in {"table", "view"} or (key.kind == "schema" and key.name != "public"):
            assert Key("comment", f"{key.kind} {key.name}") in objects, key


def test_outreach_runs_on_these_tables(empty):
    """Slot to master, history by trigger, a campaign, a message, a conversion; twice where a job would run twice."""
    session, _, admin = empty
    for migration in REPOSITORY.migrations:
        applied(session, migration)

    def value(query, *args):
        return admin.execute(query, args).fetchone()[0]

    slot = "INSERT INTO company.slot (domain, name, status) VALUES (%s, %s, %s) RETURNING slot_id"
    first = value(slot, "Acme.example", "Acme", "validated")
    company = value("SELECT company.promote_slot(%s)", first)
    again = value(slot, "acme.example", "Acme Inc.", "validated")
    assert value("SELECT company.promote_slot(%s)", again) == company
    with pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=f"company.slot {first} is promoted"):
        value("SELECT company.promote_slot(%s)", first)
    with pytest.raises(psycopg.errors.NoDataFound):
        value("SELECT company.promote_slot(0)")
    told = admin.execute("SELECT operation, new_row->>'name' FROM company.history ORDER BY history_id").fetchall()
    assert told == [("INSERT", "Acme"), ("UPDATE", "Acme Inc.")]
    admin.execute("UPDATE company.master SET name = name")
    assert value("SELECT count(*) FROM company.history") == 2

    person_slot = value(
        "INSERT INTO people.slot (email, company_domain, status) VALUES ('Ann@acme.example', 'ACME.example', 'validated') "
        "RETURNING slot_id"
    )
    person = value("SELECT people.promote_slot(%s)", person_slot)
    assert value("SELECT company_id FROM people.master WHERE person_id = %s", person) == company
    campaign = value("INSERT INTO marketing.campaigns (name) VALUES ('autumn') RETURNING campaign_id")
    message = value(
        "INSERT INTO marketing.outreach_history (campaign_id, person_id, status, sent_at) "
        "VALUES (%s, %s, 'opted_out', now()) RETURNING outreach_id",
        campaign,
        person,
    )
    admin.execute(
        "INSERT INTO marketing.attribution (outreach_id, company_id, conversion, converted_at) "
        "VALUES (%s, %s, 'meeting', now())",
        [message, company],
    )
    results = admin.execute("SELECT sent, replied, bounced, opted_out FROM marketing.campaign_results").fetchone()
    assert results == (1, 0, 0, 1)
    report = "INSERT INTO marketing.feedback_reports (campaign_id, period_start, period_end, sent, replied) "
    assert value(report + "VALUES (%s, '2025-11-01', '2025-11-30', 4, 1) RETURNING reply_rate", campaign) == 0.25
    admin.execute("DELETE FROM marketing.attribution")
    admin.execute("DELETE FROM marketing.outreach_history")
    admin.execute("DELETE FROM company.master")
    assert value("SELECT count(*) FROM company.slot WHERE company_id IS NULL") == 2  # what fix_company_slot_fk is for
    assert value("SELECT operation FROM company.history ORDER BY history_id DESC LIMIT 1") == "DELETE"
