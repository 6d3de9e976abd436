"""What a database holds, as a Schema: the catalogs read once, in one query; or what some chosen objects are.

Of what all databases of a server share, only a replay is told: in a live database that is the platform's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import psycopg

from pytest_ctb.model import Key, Schema, SchemaObject
from pytest_ctb.postgres import PLAIN, Server, our_roles

_QUERY = Path(__file__).with_name("catalog.sql").read_text(encoding="utf-8")
CHOSEN_QUERY = re.sub(
    r"/\* and (\S+) of (\w+) \*/",
    r"AND \1 = ANY (\2)",
    _QUERY.partition("-- others:")[0].replace("/* and false */", "AND false"),
)
"""The query of `pytest_ctb_objects` in witness.sql, over the arrays that it makes."""
UNHEARD_QUERY = "\nUNION ALL\n".join(
    (
        Path(__file__).with_name("cluster.sql").read_text(encoding="utf-8"),
        _QUERY.partition("-- unheard:")[2].partition("UNION ALL\n")[2],
    )
)
"""The query of `pytest_ctb_unheard` in witness.sql, over its argument `ours`."""
OBJECTS = _QUERY.partition("\n\n\n")[0]
"""Its WITH: the schemas, relations, routines and types that are nobody else's."""
OWNER = "pytest_ctb_owner"
"""What stands for the role that replays, or the owner of a live database: a word that nothing else in a schema is."""
_ASKED = "SELECT * FROM pg_catalog.pytest_ctb_objects(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_ASKED_UNHEARD = "SELECT * FROM pg_catalog.pytest_ctb_unheard(%s::pg_catalog.text[], %s)"
_MARKED = re.compile(r"/\* (?:from (\d+)|superuser): (.*?) \*/", re.DOTALL)
_NUMBER = "SELECT r.oid::bigint FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) %s"
_PLAINLY = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in PLAIN.items())
_CLASSES = ("pg_class", "pg_proc", "pg_type", "pg_namespace")


@dataclass
class Touched:
    """The objects that something was seen to make, change or drop: by number, and by name as Postgres quotes it."""

    oids: dict[str, set[int]] = field(default_factory=lambda: {catalog: set() for catalog in _CLASSES})
    names: dict[str, set[str]] = field(default_factory=lambda: {catalog: set() for catalog in _CLASSES})
    dropped: set[tuple[str, int]] = field(default_factory=set)
    """Those that are not there any more, unless something took the drop back."""
    other: bool = False
    """Also something of a kind that is read with the whole catalog alone: an extension, say."""
    unheard: bool = False
    """Also, perhaps, something of which no event trigger hears: a role, say, or a setting of the database."""

    def add(self, catalog: str, oid: int, name: str | None) -> None:
        """Note an object of a catalog; of one that is not read by itself, that there was one."""
        if catalog not in self.oids:
            self.other = True
            return
        self.oids[catalog].add(oid)
        if name:
            self.names[catalog].add(name)

    def update(self, other: Touched) -> Self:
        """Add all that another holds."""
        for catalog in _CLASSES:
            self.oids[catalog] |= other.oids[catalog]
            self.names[catalog] |= other.names[catalog]
        self.dropped |= other.dropped
        self.other |= other.other
        self.unheard |= other.unheard
        return self

    def __le__(self, other: Touched) -> bool:
        """Tell whether the other holds all that this one does."""
        return other.other or (
            not self.other
            and self.unheard <= other.unheard
            and all(
                self.oids[catalog] <= other.oids[catalog] and self.names[catalog] <= other.names[catalog]
                for catalog in _CLASSES
            )
        )

    def is_new(self, since: int) -> bool:
        """Tell whether all of it was made after an object of that number: nothing of it was there before."""
        old = self.other or self.unheard
        return not old and all(oid > since for oids in self.oids.values() for oid in oids)

    def is_gone(self) -> bool:
        """Tell whether all of it was dropped: numbers are not given twice, so nothing of it is there."""
        there = self.other or self.unheard
        return not there and all((catalog, oid) in self.dropped for catalog in _CLASSES for oid in self.oids[catalog])

    @property
    def objects(self) -> bool:
        """Whether there is any of which an event trigger hears."""
        return self.other or any(self.oids.values()) or any(self.names.values())

    def __bool__(self) -> bool:
        return self.unheard or self.objects


def snapshot(connection: psycopg.Connection[Any], owner: str, server: Server | None = None) -> Schema:
    """Read the catalogs of the database that a superuser, or the owner of everything in it, is connected to.

    `owner` is the role that replayed, empty for the superuser: that it owns something is not told, and its name shows
    nowhere. With the `server` of a replay also what its databases share, as far as that is ours.
    Changes nothing. Raises psycopg.Error.
    """
    ours = _ours(connection, owner, server) if server is not None else None
    with plainly(connection):
        of_owner = partial(with_owner, owner=number_of(connection, owner)) if owner else str
        rows = connection.execute(of_owner(of_version(_QUERY, connection.info.server_version))).fetchall()
        if server is not None:
            superuser = connection.info.parameter_status("is_superuser") == "on"
            query = of_version(UNHEARD_QUERY, connection.info.server_version, superuser=superuser)
            query = re.sub(r"\bours\b", "%(ours)s::pg_catalog.text[]", query.replace("%", "%%"))
            rows += connection.execute(of_owner(query), {"ours": ours}).fetchall()
        return _schema(rows, anonymous=bool(owner))


def number_of(connection: psycopg.Connection[Any], role: str) -> int:
    """The number of a role. Raises psycopg.Error."""
    ((number,),) = connection.execute(_NUMBER, [role]).fetchall()
    return int(number)


def of_version(query: str, version: int, *, superuser: bool = False) -> str:
    """The query with those of its marks that a server of this version, and who reads there, can be asked."""

    def kept(mark: re.Match[str]) -> str:
        return mark[2] if (version // 10000 >= int(mark[1]) if mark[1] else superuser) else ""

    return _MARKED.sub(kept, query)


def _ours(connection: psycopg.Connection[Any], owner: str, server: Server) -> list[str] | None:
    """The roles of a server of others that are ours; None where all of them are. Raises psycopg.Error."""
    if not server.shared:
        return None
    with plainly(connection):
        return sorted({owner, *our_roles(connection, server.prefix, server.roles)} - {""})


@contextmanager
def plainly(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Ask inside how the server words something, whatever the session has been set to; changes nothing."""
    with connection.transaction(force_rollback=True):
        connection.execute(_PLAINLY)
        yield


def snapshot_of(connection: psycopg.Connection[Any], owner: int) -> Schema:
    """Read the catalogs of a live database, as any role may, inside of the transaction that is open.

    `owner` is the number of the role that stands for the one that replays. Changes nothing. Raises psycopg.Error.
    """
    query = of_version(_QUERY, connection.info.server_version)
    return _schema(connection.execute(with_owner(query, owner)).fetchall(), anonymous=True)


def with_owner(query: str, owner: int) -> str:
    """A query of ours that calls the role of this number OWNER: so its rows are sorted alike, whoever that is."""
    named = re.sub(
        r"(?:pg_catalog\.)?pg_get_userbyid\(([\w.]+)\)",
        rf"CASE \1 WHEN {owner} THEN '{OWNER}' ELSE pg_catalog.pg_get_userbyid(\1) END",
        query,
    )
    return named.replace("u.usename", f"CASE u.umuser WHEN {owner} THEN '{OWNER}' ELSE u.usename END")


def chosen(connection: psycopg.Connection[Any], touched: Touched, owner: str, server: Server) -> Schema:
    """What the touched objects are now, and what goes with each; by name those too that are there in their place.

    Its cost is that of these objects, whatever else the database holds; but of kinds of which a database has few
    (extensions, publications, default privileges) the whole catalog is read. The relations that go with what was
    touched, as the table of an index, are noted there: they are looked at again when it is gone. Raises psycopg.Error.
    """
    if touched.other:
        return snapshot(connection, owner, server)
    rows = _asked(connection, touched, as_digest=False) if touched.objects else []
    if rows:
        _, relations, *_ = rows.pop(0)
        touched.oids["pg_class"].update(map(int, filter(None, relations.strip("{}").split(","))))
    if touched.unheard:
        rows += connection.execute(_ASKED_UNHEARD, [_ours(connection, owner, server), False]).fetchall()
    return _schema(rows, anonymous=bool(owner))


def digest(connection: psycopg.Connection[Any], touched: Touched) -> str | None:
    """A digest of what `chosen` would tell; None where it can only be read in full.

    Two that are equal are of the same objects in the same words; of two that differ the words may still be the same.
    Takes the witness to be there. Raises psycopg.Error.
    """
    if touched.other:
        return None
    rows = _asked(connection, touched, as_digest=True) if touched.objects else []
    if touched.unheard:
        rows += connection.execute(_ASKED_UNHEARD, [None, True]).fetchall()
    return "".join(str(row[1]) for row in rows)  # empty where none of them is there (any more)


def _asked(connection: psycopg.Connection[Any], touched: Touched, *, as_digest: bool) -> list[tuple[Any, ...]]:
    arrays: list[str] = []
    for catalog in _CLASSES:
        arrays += [_array(map(str, touched.oids[catalog])), _array(touched.names[catalog])]
    return connection.execute(_ASKED, [*arrays, as_digest]).fetchall()


def _array(values: Iterable[str]) -> str:
    """As the server reads an array; psycopg looks at each value of a list first, which costs as much as the query."""
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in sorted(values))
    return "{" + ",".join(f'"{value}"' for value in quoted) + "}"


def _schema(rows: Iterable[tuple[Any, ...]], *, anonymous: bool) -> Schema:
    """The schema of these rows; `anonymous`: in which OWNER stands for a role."""
    text_of = _without_owner if anonymous else str
    return Schema(
        {
            Key(kind, text_of(name)): SchemaObject(
                text_of(definition or ""), Key(of_kind, text_of(of_name)) if of_kind else None
            )
            for kind, name, definition, of_kind, of_name in rows
        }
    )


def _without_owner(definition: str) -> str:
    return definition.replace(f"OWNER {OWNER}", "").replace(OWNER, "owner").strip()
