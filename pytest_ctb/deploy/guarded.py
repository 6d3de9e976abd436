"""What keeps a run from beginning: a database that is none for it, or is not what its ledger says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from pytest_ctb.deploy.connection import Target
from pytest_ctb.deploy.drift.ignored import Ignored
from pytest_ctb.deploy.entry import THERE, Entry, edited
from pytest_ctb.deploy.expected import Expected
from pytest_ctb.deploy.known import Drifted, Known, drifted, named, unknown
from pytest_ctb.deploy.ledger import Ledger
from pytest_ctb.deploy.standing import Stand, Standing
from pytest_ctb.errors import LiveError
from pytest_ctb.model import Key

_WHERE = """
SELECT d.datistemplate, pg_catalog.pg_is_in_recovery(), pg_catalog.current_setting('transaction_read_only')
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
"""


def drift(
    ledger: Ledger, entries: Mapping[str, Entry], ignored: Ignored, now: Known, *, broken: bool = False
) -> Drifted:
    """What is not as the last run left it; without a ledger, whatever is there. Raises LiveError, psycopg.Error."""
    known, event = ledger.known(), ledger.event()
    if known is None:
        return Drifted() if entries else Drifted(unknown(now, ignored))
    if known.event > event:
        raise LiveError(edited(f"ctb_ledger.events ends with number {event}, and there was a number {known.event}"))
    if known.event < event or broken:
        why = "the last run was broken off, so that the schema could not be compared with what it left"
        return Drifted(noted=(why,))
    return drifted(known, now, ignored)


def refused(entries: Mapping[str, Entry], found: Drifted) -> str:
    """Why nothing is run, where the schema is not what the ledger says."""
    if not found.refused:
        return ""
    what = (
        "the schema is not as the last run left it"
        if entries
        else "the ledger says of no file that it was applied, but there are objects"
    )
    return (
        f"{what}, so that a file could take something for its own that it has not made:\n{named(found.refused)}\n"
        "Look (`ctb verify` compares all). If it is right as it is, say: ctb apply --adopt\n"
        "What is somebody else's, name in the ini file under ctb_verify_ignore: `schema NAME`, `table NAME`, one a line"
    )


def refuse_a_template(target: Target, connection: psycopg.Connection[Any]) -> None:
    """Refuse what new databases are made of. Raises LiveError."""
    row = connection.execute(_WHERE).fetchone()
    if row and row[0]:
        raise LiveError(
            f"{target}: this is a template: what is in it would be in every database that is made of it. "
            "Name the database that the migrations are for"
        )


def refuse_what_takes_no_writes(target: Target, connection: psycopg.Connection[Any]) -> None:
    """Refuse where nothing can be written. Raises LiveError."""
    row = connection.execute(_WHERE).fetchone()
    if row and row[1]:
        raise LiveError(f"{target}: this server is a standby, which takes no writes. Connect to the primary")
    if row and row[2] == "on":
        raise LiveError(
            f"{target}: every session begins with a read-only transaction, in which nothing can be applied: "
            "default_transaction_read_only is on, for the database, the role or the server. "
            "Set it off there, or in the address: ?options=-c%20default_transaction_read_only%3Doff"
        )


def of_others(found: Sequence[Standing]) -> str:
    """Why the ledger is another project's; empty where it is ours."""
    there = [one.file for one in found if one.stand is Stand.MISSING and one.entry and one.entry.state in THERE]
    ours = [one for one in found if one.migration and one.entry] + [one for one in found if one.stand is Stand.RENAMED]
    if not there or ours:
        return ""
    return (
        f"this database has the ledger of other migrations: none of its {len(there)} files is here "
        f"({there[0]} for one). Another database, or another checkout?\n"
        "If one file has taken the place of all of them, say: ctb apply --adopt --as-applied FILE"
    )


def in_the_way(pending: Sequence[Standing], wanted: Expected, foreign: frozenset[Key], now: Known) -> str:
    """What files would take for what they make; empty where nothing is."""
    for one in pending:
        lines = wanted.in_the_way(one.migration, foreign, now.objects) if one.migration and foreign else []
        if lines:
            return (
                f"{one.file}: what it makes is there already, and no recorded file made it:\n{named(lines)}\n"
                f"If the database has the file, say: ctb apply --adopt --as-applied {one.file}\n"
                "Else give what is there another name, or drop it"
            )
    return ""
