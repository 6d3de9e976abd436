"""What can go wrong, as one small tree. Imports nothing of this package.

CtbError
├── ConfigError       an option, a guideline file or a folder is wrong: nothing can be judged
├── NoServerError     no throwaway Postgres can be had
├── ServerError       the throwaway Postgres broke, or did not start
├── LiveError         a live database cannot be reached, or does not serve
└── NotJudgedError    one guideline cannot be judged for one file, and why
"""


class CtbError(Exception):
    """The root: everything that this package raises on purpose."""


class ConfigError(CtbError):
    """An option, a guideline file or a folder is wrong; the message names file and line where there are any."""


class NoServerError(CtbError):
    """No throwaway Postgres can be had; the message says what was tried and how to get each."""


class ServerError(CtbError):
    """The throwaway Postgres did not start, or was lost; the message holds the end of its log."""


class LiveError(CtbError):
    """A live database cannot be reached, or is not one that serves; the message never holds its password."""


class NotJudgedError(CtbError):
    """A guideline cannot be judged for this file: the test is skipped with this reason, never passed."""


class CtbWarning(UserWarning):
    """A finding of level `warning`. `-W error::pytest_ctb.CtbWarning` makes it fail its test."""
