"""Reasons why a run does not start: the wrong kind of database, or one that differs from its ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from pytest_ctb.deploy.connection import Target
from pytest_ctb.deploy.drift.ignored import Ignored
from pytest_ctb.deploy.expected_objects import ExpectedObjects
from pytest_ctb.deploy.file_status import FileStatus, Status
from pytest_ctb.deploy.ledger import Ledger
from pytest_ctb.deploy.ledger_entry import IN_DATABASE, LedgerEntry, edited_message
from pytest_ctb.deploy.recorded_schema import LedgerDrift, RecordedSchema, first_lines, ledger_drift, unrecorded_lines
from pytest_ctb.errors import LiveError
from pytest_ctb.model import Key

_WHERE = """
SELECT d.datistemplate, pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
"""


def drift_since_last_run(
    ledger: Ledger, entries: Mapping[str, LedgerEntry], ignored: Ignored, now: RecordedSchema, *, broken: bool = False
) -> LedgerDrift:
    """How the schema differs from what the last run left; without a ledger every object counts as a difference.

    `broken`: the last run was interrupted, so there is nothing to compare with. Raises LiveError, psycopg.Error.
    """
    known, event = ledger.recorded_schema(), ledger.last_event()
    if known is None:
        return LedgerDrift() if entries else LedgerDrift(unrecorded_lines(now, ignored))
    if known.event > event:
        raise LiveError(
            edited_message(f"ctb_ledger.events ends with number {event}, and there was a number {known.event}")
        )
    if known.event < event or broken:
        why = "the last run was broken off, so the schema could not be compared with what that run left"
        return LedgerDrift(notes=(why,))
    return ledger_drift(known, now, ignored)


def schema_refusal(entries: Mapping[str, LedgerEntry], drift: LedgerDrift) -> str:
    """Why nothing is run where the schema differs from the ledger; empty where it does not."""
    if not drift.blocking:
        return ""
    problem = (
        "the schema is not as the last run left it"
        if entries
        else "the ledger says of no file that it was applied, but there are objects"
    )
    return (
        f"{problem}, so a file could mistake an object of somebody else for its own:\n"
        f"{first_lines(drift.blocking)}\n"
        "Look (`ctb verify` compares all). If the schema is right, run: ctb apply --adopt\n"
        "If others manage an object, name it in the ini file under ctb_verify_ignore: `schema NAME`, `table NAME`, "
        "one a line"
    )


def refuse_template(target: Target, connection: psycopg.Connection[Any]) -> None:
    """Refuse a template database: every new database made of it would hold the migrations. Raises LiveError."""
    row = connection.execute(_WHERE).fetchone()
    if row and row[0]:
        raise LiveError(
            f"{target}: this is a template: what is in it would be in every database that is made of it. "
            "Name the database that the migrations are for"
        )


def refuse_read_only(target: Target, connection: psycopg.Connection[Any]) -> None:
    """Refuse a standby, and a database whose sessions start read-only. Raises LiveError."""
    row = connection.execute(_WHERE).fetchone()
    if row and row[1]:
        raise LiveError(f"{target}: this server is a standby, which takes no writes. Connect to the primary")
    if row and row[2] == "on":
        raise LiveError(
            f"{target}: every session begins with a read-only transaction, in which nothing can be applied: "
            "default_transaction_read_only is on, for the database, the role or the server. "
            "Set it off there, or in the address: ?options=-c%20default_transaction_read_only%3Doff"
        )


def foreign_ledger(files: Sequence[FileStatus]) -> str:
    """Why the ledger belongs to another project; empty where it belongs to this one."""
    missing = [
        file.file for file in files if file.status is Status.MISSING and file.entry and file.entry.state in IN_DATABASE
    ]
    if not missing or any((file.migration and file.entry) or file.status is Status.RENAMED for file in files):
        return ""
    return (
        f"this database has the ledger of other migrations: none of its {len(missing)} files is here "
        f"({missing[0]} for one). Another database, or another checkout?\n"
        "If one file has taken the place of all of them, say: ctb apply --adopt --as-applied FILE"
    )


def objects_in_the_way(
    pending: Sequence[FileStatus], wanted: ExpectedObjects, foreign: frozenset[Key], now: RecordedSchema
) -> str:
    """Which objects a pending migration would mistake for its own, and what to do; empty where there are none."""
    for file in pending:
        lines = wanted.in_the_way(file.migration, foreign, now.objects) if file.migration and foreign else []
        if lines:
            return (
                f"{file.file}: what it makes is there already, and no recorded file made it:\n{first_lines(lines)}\n"
                f"If the database has the file, say: ctb apply --adopt --as-applied {file.file}\n"
                "Else give what is there another name, or drop it"
            )
    return ""
