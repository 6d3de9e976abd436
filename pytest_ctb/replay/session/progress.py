"""What the suite is doing with a migration at the moment: what an error of its own is told with."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from pytest_ctb.model import Statement
    from pytest_ctb.replay.session.outcome import Ran

_PACKAGE = Path(__file__).parents[2]


@dataclass
class Progress:
    """One migration under way; changes with every step."""

    what: str = ""
    """What is being done with it, in words."""
    statement: Statement | None = None
    """The one that was sent last."""
    escaped: bool = False
    """It ended a transaction of ours that it was tried in: what it did there is there for good."""
    applying: bool = False
    """Its own run has begun, which leaves something behind."""
    ran: Ran | None = None
    """Its own run, when that is over."""
    retried: bool = False
    """The connection was ended at it before: if it is ended again, the migration does so itself."""

    @property
    def line(self) -> int:
        """Where the statement starts that was sent last; 0 where none was."""
        return self.statement.position.line if self.statement else 0


def worded(error: Exception) -> str:
    """What went wrong: the server's words, or those of a mistake of ours with its place in this package."""
    if isinstance(error, psycopg.Error):
        said = error.diag.message_primary or str(error).strip() or type(error).__name__
        return f"{said} (SQLSTATE {error.sqlstate})" if error.sqlstate else said
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_PACKAGE)
    ]
    at = f" at {Path(frames[-1].filename).relative_to(_PACKAGE)}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{at}: {error}"
