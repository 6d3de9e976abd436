"""The records that every place shares, and how a connection is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from pytest_ctb.model import ServerInfo

DEFAULT_MAJOR = 18
"""The major version that `docker` starts where none is asked for: that of the embedded server."""


@dataclass(frozen=True)
class Wanted:
    """What the run needs of a server."""

    where: str = "auto"
    major: int | None = None
    image: str | None = None
    extensions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Server:
    """A running server on which databases can be made."""

    info: ServerInfo
    admin: Mapping[str, str] = field(repr=False)
    """How to connect as the role that may make databases and roles."""
    superuser: bool
    """That role is a superuser."""
    shared: bool
    """Others use this server too: nothing but our own databases and roles may be touched."""
    prefix: str
    """What the names of our databases and roles start with."""

    def connect(self, database: str | None = None, role: str | None = None) -> psycopg.Connection[Any]:
        """Connect as the admin, or as another role of ours; autocommit. Raises psycopg.OperationalError."""
        options = dict(self.admin)
        if database is not None:
            options["dbname"] = database
        if role is not None:
            options |= {"user": role, "password": self.password}
        return connect(options)

    @property
    def password(self) -> str:
        """The password of the roles that we make; only a shared server asks for one."""
        return self.admin.get("password", "") or "pytest-ctb"


@dataclass(frozen=True)
class Offer:
    """A server that can be started."""

    place: str
    detail: str
    """Which one: a folder, an image, a host."""
    start: Callable[[], AbstractContextManager[Server]] = field(repr=False)
    version: str = ""
    """As far as it is known before the start."""


@dataclass(frozen=True)
class Refusal:
    """Why a place has no server as wanted, and how to get one there."""

    place: str
    reason: str
    remedy: str


@dataclass(frozen=True)
class Choice:
    """What was chosen, and why not the places before it."""

    offer: Offer
    refusals: tuple[Refusal, ...]


def connect(options: Mapping[str, str]) -> psycopg.Connection[Any]:
    """Open a connection whose every setting is ours: libpq's PG… variables are those of the user's own database."""
    with _no_libpq_variables():
        return psycopg.connect(
            **{"client_encoding": "UTF8", "application_name": "pytest-ctb", "connect_timeout": "10", **options},  # type: ignore[arg-type]
            autocommit=True,
            prepare_threshold=None,
        )


@contextmanager
def _no_libpq_variables() -> Iterator[None]:
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
    try:
        yield
    finally:
        os.environ.update(hidden)
