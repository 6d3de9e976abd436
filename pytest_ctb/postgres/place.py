"""The records that every place shares, connections to a server, and dropping what a run made on it."""

from __future__ import annotations

import os
import traceback
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
"""The major version that `docker` starts by default: that of the embedded server."""

ROOM = 2 << 30
"""How much of a server's disk one file may take, in bytes; without production data far less is enough."""
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
"""Settings on which the meaning of our SQL and the form of its results depend; Postgres 14 and later have them all."""
_TIMEOUTS = (
    "statement_timeout",
    "lock_timeout",
    "idle_session_timeout",
    "idle_in_transaction_session_timeout",
    "transaction_timeout",
)
_OPEN = {"default_transaction_read_only": "off", "local_preload_libraries": ""}
"""Settings that a role needs to log in and write."""
_SETTABLE = """
SELECT name, setting FROM pg_catalog.pg_settings WHERE context = 'user' AND name <> ALL (%s)
UNION ALL SELECT 'role', pg_catalog.current_setting('role')
"""
_PLPGSQL = {"plpgsql.extra_errors": "none", "plpgsql.extra_warnings": "none"}
"""Settings that the server knows only after a function was called or checked."""
_UNPINNED = (
    # libpq has parameters of its own for the first two; the others belong to one transaction.
    "application_name",
    "client_encoding",
    "transaction_deferrable",
    "transaction_isolation",
    "transaction_read_only",
)


@dataclass(frozen=True)
class Wanted:
    """What a run needs of a server."""

    where: str = field(default="auto", repr=False)
    """A place, or a URL; a URL may hold a password."""
    major: int | None = None
    image: str | None = None
    extensions: frozenset[str] = frozenset()
    """The extensions that the migrations create."""
    stand_ins: bool = True
    """Whether a stand-in may replace an extension that the server lacks."""
    roles: frozenset[str] = frozenset()
    """The roles that the prelude creates as superuser; those of migrations are known by their admin option."""
    owner: str = ""
    """The name of the role that migrates, where it is to have a certain one."""

    @property
    def superuser(self) -> str:
        """The name of the superuser of a server that the run starts: never that of the role that migrates."""
        return "pytest_ctb_superuser" if self.owner == "postgres" else "postgres"


@dataclass(frozen=True)
class Server:
    """A running server on which databases can be created."""

    info: ServerInfo
    admin: Mapping[str, str] = field(repr=False)
    """How to connect as the role that may create databases and roles."""
    superuser: bool
    """Whether that role is a superuser."""
    shared: bool
    """Whether others use this server too, so that only our own databases and roles may be touched."""
    prefix: str
    """The start of the names of our databases and of our role."""
    template: str = "template0"
    """The template of new databases; template0 allows any locale, but takes six times as long to copy as template1."""
    roles: frozenset[str] | None = None
    """The roles that the prelude may create on a shared server; None where every role is ours."""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The settings of each session of ours, from `settings_of`: they override those of the database and the role."""
    password: str = field(default_factory=lambda: token_hex(16), repr=False)
    """The password of our role."""
    room: int = ROOM
    """How much of its disk one file may take, in bytes."""

    def connect(self, database: str | None = None, role: str | None = None) -> psycopg.Connection[Any]:
        """Connect in autocommit mode, as the admin or as another role of ours, to observe.

        Every setting is ours, whatever a migration has set for the database or the role; the search_path is empty.
        Raises psycopg.OperationalError.
        """
        reset = {"role": "none"}
        if role is None:  # what a platform lets its migrations set for the database
            reset = {"session_replication_role": "origin"} if self.superuser else {}
        return connect(self._as(database, role), {**self.settings, **reset})

    def login(
        self, database: str | None = None, role: str | None = None, *, debug: bool = False
    ) -> psycopg.Connection[Any]:
        """Log in as psql would, as the role that migrates; None is the admin. `debug`: with messages of that level.

        The session has the settings of the database and of the role, except those with which a file could hide what
        follows, and except timeouts: --ctb-timeout sets those. Raises psycopg.OperationalError.
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
"""Starts a server, or waits for the one that is starting; it is stopped when the block ends."""


@dataclass(frozen=True)
class Offer:
    """A server that can be started."""

    place: str
    detail: str
    """Which server: a folder, an image or a host."""
    begin: Callable[[], AbstractContextManager[Start]] = field(repr=False)
    """Begins to start the server in the background; it is stopped when that block ends, whether used or not."""
    version: str = ""
    """The version, as far as it is known before the start."""
    lacks: tuple[str, ...] = ()
    """The wanted extensions that it lacks, as far as that is known before the start."""
    stand_ins: tuple[str, ...] = ()
    """The wanted extensions for which it has a stand-in."""
    identity: str = ""
    """Equal for offers that start equal servers; empty where that is not known before the start."""

    @contextmanager
    def start(self) -> Iterator[Server]:
        """Start the server; it is stopped when the block ends. Raises ServerError or NoServerError."""
        with self.begin() as start, start() as server:
            yield server

    @property
    def shortfall(self) -> tuple[int, int]:
        """How many extensions it lacks, and how many have only a stand-in; the least is best."""
        return len(self.lacks), len(self.stand_ins)

    def why_not(self) -> Refusal:
        """The refusal that says which extensions it lacks, where another place was better."""
        reason = f"{self.detail} has no extension {', '.join(sorted((*self.lacks, *self.stand_ins)))}"
        return Refusal(self.place, reason, "")


def without_preparation(start: Start) -> Callable[[], AbstractContextManager[Start]]:
    """The `begin` of an offer for which nothing can be prepared in the background."""
    return lambda: nullcontext(start)


class Refusal(NamedTuple):
    """Why a place has no server as wanted, and how to get one."""

    place: str
    reason: str
    remedy: str


class Choice(NamedTuple):
    """The chosen offer, and why the places before it were not chosen."""

    offer: Offer
    refusals: tuple[Refusal, ...]


PREFIX = "pytest_ctb"
"""What the names of our databases and of our role begin with."""
_SIGNED = """
SELECT setrole AS role, setdatabase AS database
FROM pg_catalog.pg_db_role_setting, pg_catalog.unnest(setconfig) AS setting
WHERE pg_catalog.starts_with(setting, 'application_name=' || %(prefix)s)
"""
"""The roles and databases that a run created, as their `signature` shows."""
_OUR_DATABASES = """
SELECT datname, datistemplate,
    ARRAY(SELECT ARRAY[gid, owner] FROM pg_catalog.pg_prepared_xacts WHERE database = d.datname),
    ARRAY(SELECT subname FROM pg_catalog.pg_subscription WHERE subdbid = d.oid)
FROM pg_catalog.pg_database AS d
WHERE datname = %(name)s OR pg_catalog.starts_with(datname, %(prefix)s || '_')
  OR oid IN (SELECT database FROM (SIGNED) AS signed)
""".replace("SIGNED", _SIGNED)
_OUR_ROLES = """
SELECT rolname FROM pg_catalog.pg_roles AS role
WHERE oid >= 16384 AND rolname <> current_user AND rolname IS DISTINCT FROM %(keep)s
  AND (%(all)s OR pg_catalog.starts_with(rolname, %(prefix)s || '_') OR rolname = ANY (%(roles)s)
    OR oid IN (SELECT role FROM (SIGNED) AS signed) OR EXISTS (
        SELECT FROM pg_catalog.pg_auth_members AS m
        WHERE m.roleid = role.oid AND m.admin_option AND pg_catalog.pg_get_userbyid(m.member) = %(prefix)s || '_owner'))
""".replace("SIGNED", _SIGNED)


def drop_databases_and_roles(
    admin: psycopg.Connection[Any], prefix: str, roles: Collection[str] | None, keep: str | None = None
) -> None:
    """Drop the databases of a run and the roles that it or its migrations created, except `keep`.

    `roles` as in Server: None where every role is ours. Raises psycopg.Error.
    """
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415

    _drop_databases(admin, {"prefix": prefix, "name": None})
    names = our_roles(admin, prefix, roles, keep)
    if names:
        # In one command: a role cannot be dropped before those that it granted something to.
        ours = SQL(", ").join(map(Identifier, sorted(names)))
        if roles is None:  # on a shared server, what such a role owns in other databases is not ours to drop
            admin.execute(SQL("DROP OWNED BY {}").format(ours))
        admin.execute(SQL("DROP ROLE IF EXISTS {}").format(ours))


def our_roles(
    admin: psycopg.Connection[Any], prefix: str, roles: Collection[str] | None, keep: str | None = None
) -> set[str]:
    """The roles that a run or its migrations created, except `keep`. Raises psycopg.Error.

    `roles` as in Server. From Postgres 16 on the creator of a role has the admin option on it, so the roles on which
    our own role has it are ours too, and those with a `signature`.
    """
    values = {"keep": keep, "all": roles is None, "prefix": prefix, "roles": list(roles or ())}
    return {name for (name,) in admin.execute(_OUR_ROLES, values).fetchall()}


def signature(kind: Literal["ROLE", "DATABASE"], name: str, prefix: str) -> Composed:
    """The command that marks a role or database as ours, so that a later run can drop it if this one is killed.

    The mark is a setting that every role may make for what it created; a custom setting would need a superuser.
    """
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415
    from psycopg.sql import Literal as Value  # noqa: PLC0415  # the other is a type

    set_to = SQL("ALTER {} {} SET application_name = {}")
    return set_to.format(SQL(kind), Identifier(name), Value(prefix))


def drop_database(admin: psycopg.Connection[Any], name: str) -> None:
    """Drop a database of ours, if it exists, whatever is left in it. Raises psycopg.Error."""
    _drop_databases(admin, {"prefix": None, "name": name})


def _drop_databases(admin: psycopg.Connection[Any], which: Mapping[str, str | None]) -> None:
    from psycopg import Error  # noqa: PLC0415
    from psycopg.sql import SQL, Identifier  # noqa: PLC0415

    failed = []
    for name, template, prepared, subscriptions in admin.execute(_OUR_DATABASES, which).fetchall():
        try:
            if template or prepared or subscriptions:
                _make_droppable(admin, name, prepared, subscriptions)
            admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        except Error as error:
            failed.append(error)  # drop the others all the same
    if failed:
        raise failed[0]


def _make_droppable(
    admin: psycopg.Connection[Any], name: str, prepared: Sequence[tuple[str, str]], subscriptions: Sequence[str]
) -> None:
    """Remove what keeps a database from being dropped; some of it can only be done inside the database."""
    from psycopg.sql import SQL, Identifier, Literal  # noqa: PLC0415

    opened = "ALTER DATABASE {} WITH IS_TEMPLATE false ALLOW_CONNECTIONS true CONNECTION LIMIT -1"
    admin.execute(SQL(opened).format(Identifier(name)))
    if not (prepared or subscriptions):
        return
    options = {**admin.info.get_parameters(), "password": admin.info.password, "dbname": name}
    with connect(options) as inside:
        for gid, owner in prepared:
            # A superuser need not become the owner, but the admin may be none.
            inside.execute(SQL("SET ROLE {}").format(Identifier(owner)))
            inside.execute(SQL("ROLLBACK PREPARED {}").format(Literal(gid)))
        inside.execute("RESET ROLE")
        for subscription in map(Identifier, subscriptions):
            inside.execute(SQL("ALTER SUBSCRIPTION {} DISABLE").format(subscription))
            inside.execute(SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(subscription))
            inside.execute(SQL("DROP SUBSCRIPTION {}").format(subscription))


def connect(options: Mapping[str, str], settings: Mapping[str, str] = PLAIN) -> psycopg.Connection[Any]:
    """Open a connection with our settings, without libpq's PG… variables, which are for the user's own database.

    Raises psycopg.OperationalError.
    """
    return _connect(options, {**settings, **PLAIN})


def settings_of(connection: psycopg.Connection[Any]) -> dict[str, str]:
    """Every setting that the owner of a database may change, with its present value; timeouts are 0.

    Given at login they override those that a migration sets for the database or the role (manual, ALTER ROLE).
    Raises psycopg.Error.
    """
    settings = dict(connection.execute(_SETTABLE, [list(_UNPINNED)]).fetchall())
    return settings | {name: "0" for name in _TIMEOUTS if name in settings} | _PLPGSQL


def _connect(options: Mapping[str, str], settings: Mapping[str, str]) -> psycopg.Connection[Any]:
    import psycopg  # noqa: PLC0415

    parameters = (options.get("options", ""), *(f"-c {name}={_escaped(value)}" for name, value in settings.items()))
    defaults = {"client_encoding": "UTF8", "application_name": "pytest-ctb", "connect_timeout": "10"}
    with _no_libpq_variables():
        try:
            return psycopg.connect(
                **{**defaults, **options, "options": " ".join(filter(None, parameters))},  # type: ignore[arg-type]
                autocommit=True,
                prepare_threshold=None,
            )
        except psycopg.Error as error:
            raise error.with_traceback(None) from None  # psycopg's own frames hold the password
        except ValueError as error:  # and so does the message about a wrong character in it
            raise psycopg.ProgrammingError(
                f"the password cannot be passed to a connection: {type(error).__name__}"
            ) from None
        except BaseException as error:
            # On Ctrl-C the traceback keeps a half-open connection. Until its login times out, after a minute, the
            # server waits for it whenever it drops a database.
            traceback.clear_frames(error.__traceback__)
            raise


def _escaped(value: str) -> str:
    """A value escaped for libpq's `options` (manual, section 34.1.2)."""
    return value.replace("\\", r"\\").replace(" ", r"\ ")


@contextmanager
def _no_libpq_variables() -> Iterator[None]:
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PG")}
    try:
        yield
    finally:
        os.environ.update(hidden)
