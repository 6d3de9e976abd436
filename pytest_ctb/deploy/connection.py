"""Where a live database is, and a connection to it. What is told of it never holds its password."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import psycopg

from pytest_ctb.errors import ConfigError, LiveError
from pytest_ctb.postgres import PLAIN
from pytest_ctb.postgres.address import address, secrets

VARIABLE = "DATABASE_URL"
OLDEST = 14
"""The oldest major version that serves."""
_SETTINGS = {
    **PLAIN,
    "client_min_messages": "warning",
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "jit": "off",
    "lock_timeout": "10s",
    "row_security": "off",
    "statement_timeout": "0",
}
_SINCE = {"transaction_timeout": (170000, "0")}
"""What only newer servers know: from which version on, and the value."""


@dataclass(frozen=True)
class Target:
    """A live database."""

    options: Mapping[str, str] = field(repr=False)
    """What libpq needs to connect, the password among it (manual, 34.1.2)."""
    source: str
    """What told it: `--database-url` or `DATABASE_URL`."""

    def __str__(self) -> str:
        """Who, where and which, without the password: `app@db.example.com:5432/shop`."""
        who, where = self.options.get("user", ""), self.options.get("host", "the local socket")
        port, which = self.options.get("port", "5432"), self.options.get("dbname", "")
        return f"{who}{'@' if who else ''}{where}:{port}/{which}"

    def hidden(self, text: object) -> str:
        """The words of a driver or a server, without the password."""
        told = str(text)
        for secret in secrets(self.options):
            for form in (secret, quote(secret), quote(secret, safe="")):
                told = told.replace(form, "***")
        return told

    @contextmanager
    def connect(self, *, application: str = "ctb", **more: str) -> Iterator[psycopg.Connection[Any]]:
        """Connect, autocommit; closes at the end. `more` are options of libpq that come before those of the URL.

        The session has the settings of its database and role, as psql's would: what asks SQL of ours says `ours` first.
        Raises LiveError where it cannot be reached, or is a server older than 14.
        """
        ours = {"client_encoding": "UTF8", "application_name": application, "connect_timeout": "10"}
        try:
            connection = psycopg.connect(**{**ours, **self.options, **more}, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
        except psycopg.Error as error:
            raise LiveError(f"{self}: cannot be reached: {self.hidden(error).strip()}") from None
        with connection:
            major = connection.info.server_version // 10000
            if major < OLDEST:
                raise LiveError(f"{self}: it is Postgres {major}; the oldest that serves is {OLDEST}")
            yield connection


def ours(version: int, *, local: bool = False) -> str:
    """SQL that lays down every setting on which what we ask, and how we read the answer, depends.

    SET beats what ALTER DATABASE and ALTER ROLE have laid down, as startup options would, which poolers refuse. With
    `local` it holds for a transaction: a pooler may hand the session to somebody else behind it.
    """
    newer = {name: value for name, (since, value) in _SINCE.items() if version >= since}
    how = "SET LOCAL" if local else "SET"
    return "; ".join(f"{how} {name} = '{value}'" for name, value in (_SETTINGS | newer).items())


def target(url: str, environment: Mapping[str, str]) -> Target:
    """The database of `url`, else of DATABASE_URL in `environment`; any connection string that libpq reads.

    Raises ConfigError where there is neither, or it is none.
    """
    source, told = ("--database-url", url) if url else (VARIABLE, environment.get(VARIABLE, ""))
    if not told:
        raise ConfigError(f"which database? Say --database-url postgresql://user@host:5432/name, or set {VARIABLE}")
    return Target(address(told, source, "a connection string"), source)
