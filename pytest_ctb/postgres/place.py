"""The records that every place shares, and how a connection is made."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from pytest_ctb.model import ServerInfo
from pytest_ctb.postgres.address import Address

if TYPE_CHECKING:
    # Its import takes as long as a server's start: whoever needs it imports it while the server starts.
    import psycopg
    from psycopg.sql import Composed

DEFAULT_MAJOR = 18
"""The major version that `docker` starts where none is asked for: that of the embedded server."""

ROOM = 2 << 30
"""Bytes of a server's disk that one file may take: no data of production is there, so that far less is enough."""


PLAIN: Mapping[str, str] = {
    "search_path": "",
    "DateStyle": "ISO, MDY",
    "IntervalStyle": "postgres",
    "TimeZone": "UTC",
    "array_nulls": "on",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
    "standard_conforming_strings": "on",
    "transform_null_equals": "off",
    "xmlbinary": "base64",
    "xmloption": "content",
}
"""What decides how our SQL is read, and how the server words its answers. All that it knows from 14 on."""
_TIMEOUTS = (
    "statement_timeout",
    "lock_timeout",
    "idle_session_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
)
_OPEN = {"default_transaction_read_only": "off", "local_preload_libraries": ""}
"""What lets a role log in, and write."""
_SETTABLE = """
SELECT name, setting FROM pg_catalog.pg_settings WHERE context = 'user' AND name <> ALL (%s)
UNION ALL SELECT 'role', pg_catalog.current_setting('role')
"""
_PLPGSQL = {"plpgsql.extra_errors": "none", "plpgsql.extra_warnings": "none"}
"""Settings that the server knows once a function has been called, or checked."""
_UNPINNED = (
    # What libpq is told by another name, and what is of one transaction and cannot be asked for before it.
    "application_name",
    "client_encoding",
    "transaction_deferrable",
    "transaction_isolation",
    "transaction_read_only",
)


@dataclass(frozen=True)
class Wanted:
    """What the run needs of a server."""

    where: str = field(default="auto", repr=False)
    """A place, or a URL, which may hold a password."""
    major: int | None = None
    image: str | None = None
    extensions: frozenset[str] = frozenset()
    """That the migrations create."""
    stand_ins: bool = True
    """What a server lacks of these may be stood in for, where that can be done."""
    roles: frozenset[str] = frozenset()
    """That the prelude creates, as superuser; what migrations create is known by who has admin option on it."""


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
    """What the names of our databases and of our role start with."""
    template: str = "template0"
    """What new databases are copied from; template0 takes any locale, but copies six times as slowly as template1."""
    roles: frozenset[str] | None = None
    """Those that the prelude may make on a shared server, where others are not ours; None: every role is ours."""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What each login of ours starts with, as `settings_of` has it: no database and no role lays down anything else."""
    password: str = field(default_factory=lambda: token_hex(16), repr=False)
    """Of our role."""
    room: int = ROOM
    """Bytes of its disk that one file may take."""

    def connect(self, database: str | None = None, role: str | None = None) -> psycopg.Connection[Any]:
        """Connect for ourselves, as the admin or as another role of ours; autocommit.

        Every setting is ours, whatever a migration has laid down for the database or the role; the search_path is
        empty. Raises psycopg.OperationalError.
        """
        own = {} if role is None else {"role": "none"}
        return connect(self._as(database, role), {**self.settings, **own})

    def login(
        self, database: str | None = None, role: str | None = None, *, debug: bool = False
    ) -> psycopg.Connection[Any]:
        """Log in as psql would for the role that migrates; None is the admin. `debug`: with messages of that level.

        It meets the settings of the database and of the role, but for those by which a file would keep all behind it
        from being seen; and how long something may take is ours to say (--ctb-timeout), for the time on this machine
        says nothing of another. Raises psycopg.OperationalError.
        """
        settings = {**_OPEN, **{name: "0" for name in _TIMEOUTS if name in self.settings}}
        if debug:
            settings["client_min_messages"] = "debug1"
        return _connect(self._as(database, role), settings)

    def _as(self, database: str | None, role: str | None) -> Address:
        options = Address(self.admin)
        if database is not None:
            options["dbname"] = database
        if role is not None:
            options.update(user=role, password=self.password)
        return options


Start = Callable[[], AbstractContextManager[Server]]
"""Starts a server, or waits for the one that is being started; it is gone when the block ends."""


@dataclass(frozen=True)
class Offer:
    """A server that can be started."""

    place: str
    detail: str
    """Which one: a folder, an image, a host."""
    begin: Callable[[], AbstractContextManager[Start]] = field(repr=False)
    """Begins what can be done in the background; when that block ends, the server is gone, asked for or not."""
    version: str = ""
    """As far as it is known before the start."""
    lacks: tuple[str, ...] = ()
    """The wanted extensions that it is known not to have."""
    stand_ins: tuple[str, ...] = ()
    """Those that a stand-in of ours is there for."""
    identity: str = ""
    """Equal where every server that it starts is the same; empty where nobody can tell before it is started."""

    @contextmanager
    def start(self) -> Iterator[Server]:
        """Start it; when the block ends it is gone. Raises ServerError or NoServerError where it does not start."""
        with self.begin() as start, start() as server:
            yield server

    @property
    def shortfall(self) -> tuple[int, int]:
        """How far it is from what is wanted; least is best."""
        return len(self.lacks), len(self.stand_ins)

    def why_not(self) -> Refusal:
        """Why another was better, which had the extensions."""
        reason = f"{self.detail} has no extension {', '.join(sorted((*self.lacks, *self.stand_ins)))}"
        return Refusal(self.place, reason, "")


def at_once(start: Start) -> Callable[[], AbstractContextManager[Start]]:
    """For `Offer.begin`, where nothing can be done beforehand."""
    return lambda: nullcontext(start)


class Refusal(NamedTuple):
    """Why a place has no server as wanted, and how to get one there."""

    place: str
    reason: str
    remedy: str


class Choice(NamedTuple):
    """What was chosen, and why not the places before it."""

    offer: Offer
    refusals: tuple[Refusal, ...]


_MARKS = """
SELECT setrole AS role, setdatabase AS database
FROM pg_catalog.pg_db_role_setting, pg_catalog.unnest(setconfig) AS setting
WHERE pg_catalog.starts_with(setting, 'application_name=' || %(prefix)s)
"""
"""The roles and databases whose `signature` says that this run has made them."""
_OUR_DATABASES = """
SELECT datname, datistemplate,
    ARRAY(SELECT ARRAY[gid, owner] FROM pg_catalog.pg_prepared_xacts WHERE database = d.datname),
    ARRAY(SELECT subname FROM pg_catalog.pg_subscription WHERE subdbid = d.oid)
FROM pg_catalog.pg_database AS d
WHERE datname = %(name)s OR pg_catalog.starts_with(datname, %(prefix)s || '_')
  OR oid IN (SELECT database FROM (MARKS) AS marks)
""".replace("MARKS", _MARKS)
_OUR_ROLES = """
SELECT rolname FROM pg_catalog.pg_roles AS role
WHERE oid >= 16384 AND rolname <> current_user AND rolname IS DISTINCT FROM %(keep)s
  AND (%(all)s OR pg_catalog.starts_with(rolname, %(prefix)s || '_') OR rolname = ANY (%(roles)s)
    OR oid IN (SELECT role FROM (MARKS) AS marks) OR EXISTS (
        SELECT FROM pg_catalog.pg_auth_members AS m
        WHERE m.roleid = role.oid AND m.admin_option AND pg_catalog.pg_get_userbyid(m.member) = %(prefix)s || '_owner'))
""".replace("MARKS", _MARKS)


def forget(admin: psycopg.Connection[Any], prefix: str, roles: Collection[str] | None, keep: str | None = None) -> None:
    """Drop our databases, and the roles that were made by us or by what we ran, but for `keep`.

    `roles` as in Server: None where every role is ours. Raises psycopg.Error.
    """
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415

    _drop(admin, {"prefix": prefix, "name": None})
    found = our_roles(admin, prefix, roles, keep)
    if found:
        # In one command, so that none stands in the way of another that it granted something.
        ours = SQL(", ").join(map(Identifier, sorted(found)))
        if roles is None:  # on a server of others, what such a role owns outside of our databases is not ours to judge
            admin.execute(SQL("DROP OWNED BY {}").format(ours))
        admin.execute(SQL("DROP ROLE IF EXISTS {}").format(ours))


def our_roles(
    admin: psycopg.Connection[Any], prefix: str, roles: Collection[str] | None, keep: str | None = None
) -> set[str]:
    """The roles that were made by us or by what we ran, but for `keep`. Raises psycopg.Error.

    `roles` as in Server. Whoever has admin option on a role from Postgres 16 on made it, so what our own role has it on
    is ours too; and what `signature` was set for.
    """
    values = {"keep": keep, "all": roles is None, "prefix": prefix, "roles": list(roles or ())}
    return {name for (name,) in admin.execute(_OUR_ROLES, values).fetchall()}


def signature(kind: Literal["ROLE", "DATABASE"], name: str, prefix: str) -> Composed:
    """The command that says for later runs, should this one be killed, that it has made a role or a database.

    A setting that every role may lay down for what it has made; one of a name of ours no role but a superuser may.
    """
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415
    from psycopg.sql import Literal as Value  # noqa: PLC0415  # the other is a type

    set_to = SQL("ALTER {} {} SET application_name = {}")
    return set_to.format(SQL(kind), Identifier(name), Value(prefix))


def drop_database(admin: psycopg.Connection[Any], name: str) -> None:
    """Drop a database of ours, if it is there, whatever was left in it. Raises psycopg.Error."""
    _drop(admin, {"prefix": None, "name": name})


def _drop(admin: psycopg.Connection[Any], which: Mapping[str, str | None]) -> None:
    from psycopg import Error  # noqa: PLC0415
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415

    failed = []
    for name, template, prepared, subscriptions in admin.execute(_OUR_DATABASES, which).fetchall():
        try:
            if template or prepared or subscriptions:
                _loosen(admin, name, prepared, subscriptions)
            admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        except Error as error:
            failed.append(error)  # the others go all the same
    if failed:
        raise failed[0]


def _loosen(
    admin: psycopg.Connection[Any], name: str, prepared: Sequence[tuple[str, str]], subscriptions: Sequence[str]
) -> None:
    """Take away what keeps a database from being dropped; some of that can be done from within alone."""
    from psycopg.sql import SQL, Identifier, Literal  # noqa: PLC0415

    opened = "ALTER DATABASE {} WITH IS_TEMPLATE false ALLOW_CONNECTIONS true CONNECTION LIMIT -1"
    admin.execute(SQL(opened).format(Identifier(name)))
    if not (prepared or subscriptions):
        return
    options = {**admin.info.get_parameters(), "password": admin.info.password, "dbname": name}
    with connect(options) as inside:
        for gid, owner in prepared:
            inside.execute(SQL("SET ROLE {}").format(Identifier(owner)))  # a superuser may too, but we need not be one
            inside.execute(SQL("ROLLBACK PREPARED {}").format(Literal(gid)))
        inside.execute("RESET ROLE")
        for subscription in map(Identifier, subscriptions):
            inside.execute(SQL("ALTER SUBSCRIPTION {} DISABLE").format(subscription))
            inside.execute(SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(subscription))
            inside.execute(SQL("DROP SUBSCRIPTION {}").format(subscription))


def connect(options: Mapping[str, str], settings: Mapping[str, str] = PLAIN) -> psycopg.Connection[Any]:
    """Open a connection whose every setting is ours: libpq's PG… variables are those of the user's own database.

    Raises psycopg.OperationalError.
    """
    return _connect(options, {**settings, **PLAIN})


def settings_of(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Every setting that who owns a database may lay down for it, as a login of ours has it where no migration may.

    A setting that a login asks for itself beats those of the database and of the role (manual, ALTER ROLE). How long
    something may take is bounded by nobody but us. Raises psycopg.Error.
    """
    found = dict(connection.execute(_SETTABLE, [list(_UNPINNED)]).fetchall())
    return found | {name: "0" for name in _TIMEOUTS if name in found} | _PLPGSQL


def _connect(options: Mapping[str, str], settings: Mapping[str, str]) -> psycopg.Connection[Any]:
    import psycopg  # noqa: PLC0415

    asked = (options.get("options", ""), *(f"-c {name}={_escaped(value)}" for name, value in settings.items()))
    ours = {"client_encoding": "UTF8", "application_name": "pytest-ctb", "connect_timeout": "10"}
    with _no_libpq_variables():
        try:
            return psycopg.connect(
                **{**ours, **options, "options": " ".join(filter(None, asked))},  # type: ignore[arg-type]
                autocommit=True,
                prepare_threshold=None,
            )
        except psycopg.Error as error:
            raise error.with_traceback(None) from None  # psycopg's own frames hold the password
        except ValueError as error:  # and so does an error about a character of it
            raise psycopg.ProgrammingError(f"no connection can be told so: {type(error).__name__}") from None


def _escaped(value: str) -> str:
    """A value as the server reads it in libpq's `options` (manual, section 34.1.2)."""
    return value.replace("\\", r"\\").replace(" ", r"\ ")


@contextmanager
def _no_libpq_variables() -> Iterator[None]:
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
    try:
        yield
    finally:
        os.environ.update(hidden)
