"""Apply the files that failed after all other files, to find those that are only in the wrong order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack

from pytest_ctb.model import Migration, SqlError
from pytest_ctb.replay.session.session import Session
from pytest_ctb.replay.session.transactions import encloses, fits_inside
from pytest_ctb.replay.trials.sandboxes import Sandbox


def applies_last(sandbox: Sandbox, migrations: Sequence[Migration], errors: Mapping[str, SqlError]) -> dict[str, bool]:
    """By path: whether each file that failed applies after all others, and after those of the failed that apply.

    `errors` are the errors of the failed files, by path. `sandbox` gives copies of the database, in which a file runs
    as it would run there: in a transaction only where it has one. Raises psycopg.Error.
    """
    failing = [migration for migration in migrations if _can_be_tried(errors.get(migration.path), migration)]
    if not failing:
        return {}
    applies = dict.fromkeys((migration.path for migration in failing), False)
    with _Behind(sandbox) as behind:
        while failing:
            remaining = [migration for migration in failing if not behind.applies(migration)]
            applies |= {migration.path: True for migration in failing if migration not in remaining}
            if len(remaining) == len(failing):
                break
            failing = remaining
    return applies


class _Behind(ExitStack):
    """The state behind all files, to which those that failed are applied once more."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox
        self._session: Session | None = None
        self._applied: list[Migration] = []

    def applies(self, file: Migration) -> bool:
        """Apply a file, and say whether that worked; if not, it has left nothing behind for the next one."""
        if self._session is None:
            self._session = self.enter_context(self._sandbox.session())
            for earlier in self._applied:
                self._session.apply(earlier)
        ran = self._session.apply(file)
        if not ran.error and not ran.open:
            self._applied.append(file)
            return True
        if not _is_one_transaction(file) or self._session.connection.closed:
            self._session = None
            self.close()
        return False


def _is_one_transaction(file: Migration) -> bool:
    """Whether a file that fails leaves nothing behind."""
    return fits_inside(file.sent) and encloses(file.sent[0]) and encloses(file.sent[-1])


def _can_be_tried(error: SqlError | None, file: Migration) -> bool:
    """Whether a second attempt makes sense: not for a file that was cancelled, or that ended its connection."""
    failed = error is not None and bool(error.sqlstate) and not error.sqlstate.startswith(("08", "53", "57"))
    return failed and not file.unreadable
