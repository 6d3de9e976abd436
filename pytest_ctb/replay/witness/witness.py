"""What a statement did, as the server told while it ran and when it was asked behind it: messages to a Trace."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier

from pytest_ctb.model import Dropped, Key, Lock, Rows, Scan
from pytest_ctb.postgres import PLAIN
from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.witness.catalog import CHOSEN_QUERY, Touched

_PLAIN = " ".join(f"SET {name} = '{value}'" for name, value in PLAIN.items())
_TEXT = Path(__file__).with_name("witness.sql").read_text(encoding="utf-8")
_INSTALL = _TEXT.replace("{plain}", _PLAIN).replace("{catalog}", CHOSEN_QUERY)
_CALLS = {
    "mark": "SELECT pg_catalog.pytest_ctb_mark()",
    "free": "SELECT pg_catalog.pytest_ctb_free(%(schemas)s::pg_catalog.name[], %(names)s::pg_catalog.name[])",
    "probe": "SELECT pg_catalog.pytest_ctb_probe()",
    "fillable": "SELECT pg_catalog.pytest_ctb_fillable(%(tables)s::pg_catalog.oid[])",
    "columns": 'SELECT pg_catalog.pytest_ctb_columns(%(tables)s::pg_catalog.oid[], %(kinds)s::pg_catalog."char"[])',
}
WORDED = {"fillable", "columns"}
"""Those whose answers hold definitions and types, as the server words them."""
_PARAMETERS = {"tables": "%(tables)s::pg_catalog.oid[]", "kinds": '%(kinds)s::pg_catalog."char"[]'}
_INLINE = {
    name: in_full(re.sub(r"(?<![.\w])(tables|kinds)(?!\w)", lambda found: _PARAMETERS[found[1]], text))
    for name, text in re.findall(r"-- ask: (\w+)\n(.*?)\s*-- asked\n", _INSTALL, re.DOTALL)
}
_FLUSH = "PERFORM pg_catalog.pg_stat_force_next_flush();"
_FLUSHED = {"mark", "probe"}
_FLUSHES = 150000
"""The first version that can be told to count each transaction by itself."""
_EVENT_TRIGGERS = ("pytest_ctb_ddl", "pytest_ctb_drop", "pytest_ctb_rewrite")
_FORGET = """
SELECT pg_catalog.lo_unlink(m.oid) FROM pg_catalog.pg_largeobject_metadata AS m WHERE m.oid = %s::pg_catalog.oid
"""
_WHY = re.compile(r'(?:verifying|rewriting|validating|building index) .*?"([^"]*)"(?: on table "([^"]*)")?')
_REWRITING = "rewriting table "
_NAME = re.compile(r'"(?:[^"]|"")*"|[^."]+')
"""One part of a name as the server quotes it."""
_SKIPPED = {"42P07", "42701"}
"""The NOTICE of a relation or column that IF NOT EXISTS found there."""

_EXISTING = in_full("""
SELECT c, o::bigint, s
FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::pg_catalog.oid[]),
                pg_catalog.unnest(%s::int[])) AS address(c, o, s)
WHERE o <> 0 AND CASE WHEN c = 'pg_class' AND s <> 0
    THEN EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = o AND attnum = s AND NOT attisdropped)
    ELSE (SELECT i.identity FROM pg_catalog.to_regclass('pg_catalog.' || c) AS t,
          LATERAL pg_catalog.pg_identify_object(t::pg_catalog.oid, o, 0) AS i) IS NOT NULL END
""")

_KINDS = {
    "table column": "column",
    "foreign table column": "column",
    "table constraint": "constraint",
    "procedure": "function",
    "aggregate": "function",
    "composite type": "type",
    "domain": "type",
}
_MAKING = ("CREATE", "SELECT INTO", "IMPORT")
_OF_A_TABLE = {"column", "constraint", "trigger", "policy", "rule"}
_UNTOLD = {"default value", "toast table", "table row type"}


def key_of(secret: str) -> str:
    """What a message of the witness starts with, made of something that no migration knows."""
    return hashlib.sha256(f"witness {secret}".encode()).hexdigest()


def install(admin: psycopg.Connection[Any], key: str) -> None:
    """Put the witness into the database that a superuser is connected to. Raises psycopg.Error."""
    number = _number(key)
    admin.execute(_FORGET, [number])
    admin.execute("SELECT pg_catalog.lo_from_bytea(%s::pg_catalog.oid, %s)", [number, key.encode()])
    text = _INSTALL if admin.info.server_version >= _FLUSHES else _INSTALL.replace(_FLUSH, "")
    admin.execute(text.replace("{key}", f"pg_catalog.convert_from(pg_catalog.lo_get({number}), 'UTF8')").encode())


def leave(admin: psycopg.Connection[Any], key: str) -> None:
    """Take away what a dump of the database would show. Raises psycopg.Error."""
    for name in _EVENT_TRIGGERS:
        admin.execute(SQL("DROP EVENT TRIGGER IF EXISTS {}").format(Identifier(name)))
    admin.execute(_FORGET, [_number(key)])


def _number(key: str) -> int:
    """Of the large object that holds the key: one that no migration can guess, and not one of the first."""
    return (1 << 31) + int(hashlib.sha256(key.encode()).hexdigest()[:7], 16)


class Relation(NamedTuple):
    """One relation that the transaction has locked, and its counters."""

    oid: int
    schema: str
    name: str
    kind: str
    modes: tuple[str, ...]
    inserted: int
    updated: int
    deleted: int
    scans: int
    filenode: int
    table: int
    """Of an index, what it is on; of everything else, itself."""

    @property
    def counts(self) -> tuple[int, ...]:
        """What changes where rows are read or written, or other storage takes the place of what there was."""
        return (self.inserted, self.updated, self.deleted, self.scans, self.filenode)

    @property
    def told(self) -> str:
        """The name as Schema has it."""
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True)
class Probe:
    """A transaction as it stands behind a statement."""

    transaction: str = ""
    relations: Mapping[int, Relation] = field(default_factory=dict)
    catalogs: frozenset[str] = frozenset()
    """Those of Postgres's own tables that it has locked to write in; looked for where it may."""


def questions(*, installed: bool, version: int) -> dict[str, str]:
    """The SQL that asks for `mark`, `probe`, `fillable`, `columns`: by functions of the witness, or in their place."""
    if installed:
        return _CALLS
    flush = _FLUSH.replace("PERFORM", "SELECT") if version >= _FLUSHES else ""
    return {name: (flush if name in _FLUSHED else "") + text for name, text in _INLINE.items()}


def probed(row: Any) -> Probe:
    """What the answer to `probe` says."""
    transaction, found = row[0]
    relations = {one[0]: Relation(one[0], one[1], one[2], one[3], tuple(one[4]), *one[5:]) for one in found or ()}
    return Probe(transaction or "", relations)


Address = tuple[str, int, int]
"""Of an object: the catalog that it stands in, its number there, and that of a column of it, or 0."""


def existing(connection: psycopg.Connection[Any], addresses: Sequence[Address]) -> set[Address]:
    """Those that are there now. Raises psycopg.Error."""
    if not addresses:
        return set()
    catalogs, oids, columns = map(list, zip(*addresses, strict=True))
    rows = connection.execute(_EXISTING, [catalogs, oids, columns]).fetchall()
    return {(catalog, oid, column) for catalog, oid, column in rows}


_NOTICES = 16 << 10
"""So many characters of what a statement prints are kept, and so many a file in all."""
_NOTICES_OF_A_FILE = 16 * _NOTICES
_MOST_SCANS = 10_000
"""So many reasons for scans of a statement are kept: a partitioned table has one for each partition."""


class Witness:
    """Hears what the server says to one connection, and sorts it; `clear` before each statement.

    What does not start with the key is nobody's word but the migration's, whatever code it comes with.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        self.skipped = 0
        """How much IF NOT EXISTS skipped."""
        self._notices: list[str] = []
        self._left_out = 0
        self._room = 0
        self._room_of_file = 0
        self.begin()
        self._why: list[tuple[str, str]] = []
        self._made: list[list[Any]] = []
        self._dropped: list[list[Any]] = []
        self._rewritten: list[int] = []

    def begin(self) -> None:
        """Another file comes, with room for what it prints."""
        self._room_of_file = _NOTICES_OF_A_FILE

    def clear(self) -> None:
        """Forget what was heard."""
        self._room_of_file -= sum(map(len, self._notices))
        self._room = min(_NOTICES, self._room_of_file)
        self.skipped = self._left_out = 0
        for one in (self._notices, self._why, self._made, self._dropped, self._rewritten):
            one.clear()

    def hear(self, diag: psycopg.errors.Diagnostic) -> None:
        """Take one message; psycopg calls this while a statement runs."""
        message = diag.message_primary or ""
        own = message.startswith(self._key)
        told = message.removeprefix(self._key)
        match diag.sqlstate:
            case "CTB01" if own:
                self._made += json.loads(told)
            case "CTB02" if own:
                self._dropped += json.loads(told)
            case "CTB03" if own:
                self._rewritten.append(int(told))
            case _ if (diag.severity_nonlocalized or "").startswith("DEBUG"):
                if (diag.source_file or "").startswith("pl"):  # pl_exec.c, plperl.c, …: a body's own words
                    return
                if (found := _WHY.match(message)) and len(message) <= _NOTICES and len(self._why) < _MOST_SCANS:
                    self._why.append((found[2] or found[1], message))
            case _:
                self._print(f"{diag.severity_nonlocalized}: {message[: _NOTICES + 1]}")
                self.skipped += diag.sqlstate in _SKIPPED

    def _print(self, notice: str) -> None:
        if len(notice) > self._room:
            self._room = 0  # what comes behind it is left out too
            self._left_out += 1
        else:
            self._room -= len(notice)
            self._notices.append(notice)

    @property
    def notices(self) -> tuple[str, ...]:
        """What the statement printed, as far as it is kept, and how much more."""
        return (*self._notices, f"… and {self._left_out:,} more") if self._left_out else tuple(self._notices)

    @property
    def silent(self) -> bool:
        """Nothing was made, changed, dropped or written anew."""
        return not (self._made or self._dropped or self._rewritten)

    @property
    def catalogs(self) -> frozenset[str]:
        """The catalogs in which the objects stand that were made, changed or dropped."""
        return frozenset((*(one[3] or "" for one in self._made), *(one[2] for one in self._dropped)))

    @property
    def heard_rewrite(self) -> bool:
        """A table was written anew."""
        return bool(self._rewritten) or any(message.startswith(_REWRITING) for _, message in self._why)

    def forget_skipped(self, commands: int) -> None:
        """Leave out an ALTER TABLE, told as done, all of whose commands found there what they were to add."""
        if self.skipped == commands:
            self._made.clear()

    def tell(self, made: list[list[Any]], dropped: list[list[Any]]) -> None:
        """Take what the catalogs tell in place of event triggers."""
        self._made, self._dropped = made, dropped

    def touched(self) -> Touched:
        """Every object that was made, changed or dropped."""
        touched = Touched()
        for _, _, identity, catalog, oid, _, table in self._made:
            if table:
                touched.add("pg_class", int(table), None)
            if catalog in {"pg_constraint", "pg_trigger", "pg_policy", "pg_rewrite", "pg_statistic_ext"} and table:
                continue
            touched.add(catalog or "", int(oid or 0), _plain_name(catalog, identity))
        tables = {one[1] for one in self._dropped if one[2] == "pg_class"}
        for kind, identity, catalog, oid, column, original, names, temporary in self._dropped:
            if not column:
                touched.dropped.add((catalog, int(oid)))
            if temporary or kind in _UNTOLD or _internal(identity):
                continue
            if catalog == "pg_type" and not original and (identity in tables or identity.endswith("[]")):
                continue  # the type of a table's rows, or of arrays: it goes with what it is of
            if catalog == "pg_class" and kind.endswith("column"):
                touched.add("pg_class", int(oid), _table_of(identity))
            elif catalog in {"pg_constraint", "pg_trigger", "pg_policy", "pg_rewrite"} and len(names or ()) >= 2:
                if (table := _table_of(identity)) not in tables:
                    touched.add("pg_class", 0, table)  # which number it has, nobody tells
            elif catalog in touched.oids:
                touched.add(catalog, int(oid), identity)
            elif catalog not in {"pg_attrdef", "pg_rewrite", "pg_constraint", "pg_trigger"}:
                touched.other = True
        return touched

    def effects(self, before: Probe, after: Probe, since: int) -> dict[str, Any]:
        """The fields of a Trace. `since` is the number that everything made by the file is above."""
        if self.silent and (after is before or not after.relations):
            return {"transaction": after.transaction}
        created, altered = _made(self._made, since)
        if after is before:
            dropped = tuple(_dropped(self._dropped, since))
            return {"created": created, "altered": altered, "dropped": dropped, "transaction": after.transaction}
        names = {name for name, message in self._why if message.startswith(_REWRITING)}
        by_name = (oid for oid, one in after.relations.items() if one.name in names and one.filenode > since)
        oids = [*self._rewritten, *by_name]
        rewritten = tuple(dict.fromkeys(after.relations[one].told for one in oids if one in after.relations))
        old = [one for one in after.relations.values() if one.oid <= since]
        return {
            "created": created,
            "altered": altered,
            "dropped": tuple(_dropped(self._dropped, since)),
            "rewritten": rewritten,
            "truncated": tuple(
                one.told
                for one in old
                if one.kind in "rp" and one.filenode > since and one.told not in rewritten
                if before.relations.get(one.oid, one._replace(filenode=0)).filenode != one.filenode
            ),
            "scanned": tuple(_scans(before, old, self._why)),
            "rows": tuple(_rows(before, after)),
            "locks": tuple(
                Lock(one.told, mode) for one in old for mode in sorted(set(one.modes) - set(_before(before, one).modes))
            ),
            "transaction": after.transaction,
        }

    def forget_undone(self, connection: psycopg.Connection[Any]) -> None:
        """Leave out what a body did and lost again to its own EXCEPTION clause. Raises psycopg.Error."""
        if not self._made and not self._dropped:
            return
        made = [(m[3], int(m[4] or 0), int(m[5] or 0)) for m in self._made]
        dropped = [(d[2], int(d[3]), int(d[4])) for d in self._dropped]
        there = existing(connection, made + dropped)
        gone = set(dropped)
        self._dropped = [one for one, address in zip(self._dropped, dropped, strict=True) if address not in there]
        self._made = [
            one
            for one, address in zip(self._made, made, strict=True)
            if address in there or address in gone or not address[1]
        ]


def _before(before: Probe, one: Relation) -> Relation:
    return before.relations.get(one.oid, one._replace(modes=(), inserted=0, updated=0, deleted=0, scans=0))


def _made(made: Iterable[list[Any]], since: int) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    created: dict[Key, None] = {}
    altered: dict[Key, None] = {}
    for tag, kind, identity, _, oid, _, _ in made:
        key = Key(_KINDS.get(kind, kind), identity or "")
        if not identity or identity.startswith("pg_temp"):
            continue
        (created if tag.startswith(_MAKING) and int(oid or 0) > since else altered)[key] = None
    return tuple(created), tuple(one for one in altered if one not in created)


def _dropped(dropped: Iterable[list[Any]], since: int) -> Iterable[Dropped]:
    for kind, identity, _, oid, _, original, names, temporary in dropped:
        known = _KINDS.get(kind, kind)
        untold = (kind == "type" and original is False) or kind in _UNTOLD
        if temporary or untold or _internal(identity) or not names:
            continue
        table = ".".join(names[:2]) if known in _OF_A_TABLE else ""
        name = ".".join(names) if known != "function" else identity
        yield Dropped(Key(known, name), table, None if original is None else not original, own=int(oid) > since)


def _internal(identity: str | None) -> bool:
    """What Postgres makes and drops along with something else, under a name of its own."""
    return (identity or "").startswith(("pg_toast.", '"pg_toast".', '"RI_ConstraintTrigger', '"_RETURN" on '))


def _scans(before: Probe, old: Iterable[Relation], why: Iterable[tuple[str, str]]) -> Iterable[Scan]:
    for one in (each for each in old if each.kind in "rpmf"):
        times = one.scans - _before(before, one).scans
        if times > 0:
            yield Scan(one.told, times, tuple(message for table, message in why if table == one.name))


def _rows(before: Probe, after: Probe) -> Iterable[Rows]:
    for one in after.relations.values():
        if one.kind not in "rpf":
            continue
        was = _before(before, one)
        # TRUNCATE sets the counters back: what was inserted before it counts no more.
        counts = [max(0, new - old) for new, old in zip(one[5:8], was[5:8], strict=True)]
        if any(counts):
            yield Rows(one.told, *counts)


def _plain_name(catalog: str, identity: str | None) -> str | None:
    """The name that finds it again; a column is told as `schema.table.column`, which names no relation."""
    if catalog == "pg_class" and identity and len(_NAME.findall(identity)) > 2:
        return None
    return identity


def _table_of(identity: str) -> str:
    """Of `schema.table.column` and of `trigger on schema.table`, as the server quotes it."""
    return ".".join(_NAME.findall(identity.rpartition(" on ")[2])[:2])
