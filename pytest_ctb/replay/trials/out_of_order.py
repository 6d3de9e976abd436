"""Files that did not apply at their place, tried behind all others: which of them only stood in the wrong place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_ctb.model import Migration, SqlError
from pytest_ctb.replay.session.outcome import Look
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.session.transactions import fits_inside


def tried_late(session: Session, migrations: Sequence[Migration], errors: Mapping[str, SqlError]) -> dict[str, bool]:
    """By its path, whether each file that failed applies at the end, behind the others that do; leaves nothing behind.

    `errors` are what those failed with. One that cannot be tried inside of a transaction is left out.
    Raises psycopg.Error.
    """
    waiting = [one for one in migrations if _may_be_tried(errors.get(one.path), one)]
    found = dict.fromkeys((one.path for one in waiting), False)
    if not waiting:
        return {}
    with session.undone():
        while waiting:
            still = [one for one in waiting if not _applies(session, one)]
            found |= {one.path: True for one in waiting if one not in still}
            if len(still) == len(waiting):
                break
            waiting = still
    return found


def _may_be_tried(error: SqlError | None, file: Migration) -> bool:
    """The server said why it failed; one that was cancelled, or took its connection along, would do so again."""
    said = error is not None and bool(error.sqlstate) and not error.sqlstate.startswith(("08", "53", "57"))
    return said and not file.unreadable and fits_inside(file.sent)


def _applies(session: Session, file: Migration) -> bool:
    session.refresh()
    session.connection.execute("SAVEPOINT ctb_late")
    if not session.run(file.sent, Look.NEVER).error:
        return True
    session.connection.execute("ROLLBACK TO SAVEPOINT ctb_late")
    return False
