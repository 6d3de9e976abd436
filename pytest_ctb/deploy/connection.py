"""The address of a live database and a connection to it. What is printed of the address never holds the password."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import pq

from pytest_ctb.errors import ConfigError, LiveError
from pytest_ctb.postgres import PLAIN
from pytest_ctb.postgres.address import address, secrets

VARIABLE = "DATABASE_URL"
OLDEST = 14
"""The oldest major version of Postgres that is supported."""
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
"""Settings of newer servers only: the first `server_version_num` that has each, and the value."""


@dataclass(frozen=True)
class Target:
    """The address of a live database."""

    options: Mapping[str, str] = field(repr=False)
    """The connection parameters of libpq, the password included (manual, 34.1.2)."""
    source: str
    """Where the address was given: `--database-url` or `DATABASE_URL`."""

    def __str__(self) -> str:
        """User, host, port and database, without the password: `app@db.example.com:5432/shop`."""
        values = {**_defaults(), **self.options}
        user = values.get("user", "")
        host = values.get("hostaddr") or values.get("host") or "the local socket"
        return f"{user}{'@' if user else ''}{host}:{values.get('port', '5432')}/{values.get('dbname', user)}"

    def without_password(self, text: object) -> str:
        """A message of the driver or the server, with the password replaced by `***`."""
        message = str(text)
        for secret in secrets(self.options):
            for form in (secret, quote(secret), quote(secret, safe="")):
                message = message.replace(form, "***")
        return message

    @contextmanager
    def connect(self, *, application: str = "ctb", **more: str) -> Iterator[psycopg.Connection[Any]]:
        """Connect in autocommit mode; closes at the end. `more` are libpq options that override those of the URL.

        The session has the settings of its database and role, as psql's would. Who runs queries of this package on it
        runs `session_settings` first. Raises LiveError where the server cannot be reached or is older than 14.
        """
        ours = {"client_encoding": "UTF8", "application_name": application, "connect_timeout": "10"}
        try:
            connection = psycopg.connect(**{**ours, **self.options, **more}, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]
        except psycopg.Error as error:
            raise LiveError(f"{self}: cannot be reached: {self.without_password(error).strip()}") from None
        with connection:
            major = connection.info.server_version // 10000
            if major < OLDEST:
                raise LiveError(f"{self}: this is Postgres {major}; ctb needs {OLDEST} or newer")
            yield connection


def _defaults() -> dict[str, str]:
    """What libpq takes for a parameter that an address does not give: from PGHOST and its like, and the system."""
    return {option.keyword.decode(): option.val.decode() for option in pq.Conninfo.get_defaults() if option.val}


def session_settings(version: int, *, local: bool = False) -> str:
    """SQL that fixes every setting on which our queries and the form of their results depend.

    SET overrides ALTER DATABASE and ALTER ROLE. Startup options would too, but poolers refuse them. With `local` the
    settings end with the transaction: after it a pooler may hand the session to another client.
    """
    newer = {name: value for name, (since, value) in _SINCE.items() if version >= since}
    command = "SET LOCAL" if local else "SET"
    return "; ".join(f"{command} {name} = '{value}'" for name, value in (_SETTINGS | newer).items())


def read_target(url: str, environment: Mapping[str, str]) -> Target:
    """The database at `url`, else at DATABASE_URL in `environment`; both may be any connection string of libpq.

    Raises ConfigError where neither is given, or it is no connection string.
    """
    source, given = ("--database-url", url) if url else (VARIABLE, environment.get(VARIABLE, ""))
    if not given:
        raise ConfigError(f"which database? Say --database-url postgresql://user@host:5432/name, or set {VARIABLE}")
    return Target(address(given, source, "a connection string"), source)
