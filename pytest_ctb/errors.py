"""The errors that this package raises, as one tree. Imports nothing of this package.

CtbError
├── ConfigError       an option, a guideline file or a folder is wrong: nothing can be judged
├── NoServerError     no throwaway Postgres can be had
├── ServerError       the throwaway Postgres broke, or did not start
│   └── LostError     it was lost during a replay, which another server can continue
├── CrashError        this package crashed: a bug of ours
├── TrialError        this package failed at one migration; the others are judged
├── LiveError         a live database cannot be reached or used
└── NotJudgedError    a guideline cannot be judged for a file, and why

KeyboardInterrupt
└── StoppedError      Ctrl-C ended a replay, with what was observed until then
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from typing import Any


class CtbError(Exception):
    """The base of all errors that this package raises on purpose."""


class ConfigError(CtbError):
    """An option, a guideline file or a folder is wrong; the message names file and line where there are any."""


class NoServerError(CtbError):
    """No throwaway Postgres can be had; the message says what was tried, and how to get a server."""


class ServerError(CtbError):
    """The throwaway Postgres did not start, or was lost; the message holds the end of its log."""


class LostError(ServerError):
    """The throwaway Postgres was lost during a replay, or refused a statement through no fault of the file."""

    def __init__(self, message: str, path: str = "", line: int = 0, files: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.path = path
        """The path of the migration that was running; empty where none was."""
        self.line = line
        """The line of its statement that was sent last, from 1; 0 where none was."""
        self.files = files or {}
        """The FileEvidence of each migration that was replayed before, by path."""

    def __reduce__(self) -> tuple[Any, ...]:
        return LostError, (str(self), self.path, self.line, self.files)


class StoppedError(KeyboardInterrupt):
    """Ctrl-C ended a replay."""

    def __init__(self, files: Mapping[str, Any]) -> None:
        super().__init__()
        self.files = files
        """The FileEvidence of each migration that was replayed before, by path."""


class CrashError(CtbError):
    """This package crashed; the message holds the traceback as text."""


class TrialError(CtbError):
    """This package failed at one migration; the message names the file, the line, and what was tried."""


class LiveError(CtbError):
    """A live database cannot be reached or used; the message never holds its password."""


class NotJudgedError(CtbError):
    """A guideline cannot be judged for this file: the test is skipped with this reason, never passed."""


class CtbWarning(UserWarning):
    """A finding of level `warning`. `-W error::pytest_ctb.CtbWarning` makes it fail its test."""


def crashed(error: Exception, check: str = "") -> CrashError:
    """The error for a bug, with the traceback but without the values of local variables.

    `check`: the module of the check that has the bug, where it does not come with this package.
    """
    lines = "".join(traceback.format_exception(error)).rstrip()
    kind = type(error).__name__
    if check:
        return CrashError(
            f"the check in {check} crashed ({kind}). It does not come with pytest-ctb: tell who wrote it.\n{lines}"
        )
    return CrashError(f"pytest-ctb broke off ({kind}). Please report this, with what follows:\n{lines}")


def trial_error(path: str, line: int, trial: str, message: str) -> TrialError:
    """The error for a migration at which this package failed."""
    return TrialError(
        f"{path}:{line}: pytest-ctb failed while {trial}, so this guideline is not judged here: {message}\n"
        "Every other file is judged. If Postgres takes this migration, please report it."
    )
