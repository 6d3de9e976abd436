"""Apply the files that failed after all other files, to find those that are only in the wrong order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pytest_ctb.model import Migration, SqlError
from pytest_ctb.replay.session.outcome import Look
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.session.transactions import fits_inside


def applies_last(session: Session, migrations: Sequence[Migration], errors: Mapping[str, SqlError]) -> dict[str, bool]:
    """By path: whether each file that failed applies after all others, and after those of the failed that apply.

    `errors` are the errors of the failed files, by path. A file that cannot run inside a transaction is left out. All
    is rolled back. Raises psycopg.Error.
    """
    failing = [migration for migration in migrations if _can_be_tried(errors.get(migration.path), migration)]
    if not failing:
        return {}
    applies = dict.fromkeys((migration.path for migration in failing), False)
    with session.undone():
        while failing:
            remaining = [migration for migration in failing if not _applies(session, migration)]
            applies |= {migration.path: True for migration in failing if migration not in remaining}
            if len(remaining) == len(failing):
                break
            failing = remaining
    return applies


def _can_be_tried(error: SqlError | None, file: Migration) -> bool:
    """Whether a second attempt makes sense: not for a file that was cancelled, or that ended its connection."""
    failed = error is not None and bool(error.sqlstate) and not error.sqlstate.startswith(("08", "53", "57"))
    return failed and not file.unreadable and fits_inside(file.sent)


def _applies(session: Session, file: Migration) -> bool:
    session.refresh()
    session.connection.execute("SAVEPOINT ctb_late")
    if not session.run(file.sent, Look.NEVER).error:
        return True
    session.connection.execute("ROLLBACK TO SAVEPOINT ctb_late")
    return False
