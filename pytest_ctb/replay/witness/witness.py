"""What a statement did, as the server told while it ran and when it was asked behind it: messages to a Trace."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from pytest_ctb.replay.session.search_path import in_full
from pytest_ctb.replay.witness import effects
from pytest_ctb.replay.witness.catalog import Touched, number_of, with_owner
from pytest_ctb.replay.witness.effects import REWRITING, UNTOLD, WHY, Why
from pytest_ctb.replay.witness.probe import Probe
from pytest_ctb.replay.witness.questions import installed_by
from pytest_ctb.replay.witness.renames import Named

_EVENT_TRIGGERS = ("pytest_ctb_ddl", "pytest_ctb_drop", "pytest_ctb_rewrite")
_FORGET = """
SELECT pg_catalog.lo_unlink(m.oid) FROM pg_catalog.pg_largeobject_metadata AS m WHERE m.oid = %s::pg_catalog.oid
"""
_NAME = re.compile(r'"(?:[^"]|"")*"|[^."]+')
"""One part of a name as the server quotes it."""
_WITHOUT_LOCKS = {"pg_namespace", "pg_proc"}
"""Catalogs whose objects are changed without a lock on any relation."""
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


def key_of(secret: str) -> str:
    """What a message of the witness starts with, made of something that no migration knows."""
    return hashlib.sha256(f"witness {secret}".encode()).hexdigest()


def install(admin: psycopg.Connection[Any], key: str, role: str | None = None) -> None:
    """Put the witness into the database that a superuser is connected to. Raises psycopg.Error.

    It calls `role`, which migrates, OWNER.
    """
    number = _number(key)
    admin.execute(_FORGET, [number])
    admin.execute("SELECT pg_catalog.lo_from_bytea(%s::pg_catalog.oid, %s)", [number, key.encode()])
    text = installed_by(admin.info.server_version)
    if role is not None:
        text = with_owner(text, number_of(admin, role))
    admin.execute(text.replace("{key}", f"pg_catalog.convert_from(pg_catalog.lo_get({number}), 'UTF8')").encode())


def leave(admin: psycopg.Connection[Any], key: str) -> None:
    """Take away what a dump of the database would show. Raises psycopg.Error."""
    for name in _EVENT_TRIGGERS:
        admin.execute(SQL("DROP EVENT TRIGGER IF EXISTS {}").format(Identifier(name)))
    admin.execute(_FORGET, [_number(key)])


def _number(key: str) -> int:
    """Of the large object that holds the key: one that no migration can guess, and not one of the first."""
    return (1 << 31) + int(hashlib.sha256(key.encode()).hexdigest()[:7], 16)


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
        self._placed = 0
        """So many of the reasons for scans are those of a command that is done."""
        self._room = 0
        self._room_of_file = 0
        self.begin()
        self._why: list[Why] = []
        self._made: list[list[Any]] = []
        self._dropped: list[list[Any]] = []
        self._rewritten: list[int] = []
        self._reached: list[int] = []
        """The relations that a command on others may have changed too; 0 stands for an object of another kind."""
        self.granted = ""
        """GRANT or REVOKE, where the statement was one: the server does not tell on what."""
        self.transaction = ""
        """The id of the transaction of the last message that told of one."""
        self.lock_timeout = ""
        """The setting, as of that message."""

    def begin(self) -> None:
        """Another file comes, with room for what it prints."""
        self._room_of_file = _NOTICES_OF_A_FILE

    def clear(self) -> None:
        """Forget what was heard."""
        self._room_of_file -= sum(map(len, self._notices))
        self._room = min(_NOTICES, self._room_of_file)
        self.skipped = self._left_out = self._placed = 0
        self.granted = ""
        for heard in (self._notices, self._why, self._made, self._dropped, self._rewritten, self._reached):
            heard.clear()

    def hear(self, diag: psycopg.errors.Diagnostic) -> None:
        """Take one message; psycopg calls this while a statement runs."""
        message = diag.message_primary or ""
        if message.startswith(self._key):
            self._hear_own(diag.sqlstate, message.removeprefix(self._key))
        elif (diag.severity_nonlocalized or "").startswith("DEBUG"):
            reason = WHY.match(message) and len(message) <= _NOTICES and len(self._why) < _MOST_SCANS
            if reason and not (diag.source_file or "").startswith("pl"):  # pl_exec.c, plperl.c: a body's own words
                self._why.append(Why(message))
        else:
            self._print(f"{diag.severity_nonlocalized}: {message[: _NOTICES + 1]}")
            self.skipped += diag.sqlstate in _SKIPPED

    def _hear_own(self, code: str | None, payload: str) -> None:
        match code:
            case "CTB01":
                self.transaction, self.lock_timeout, made = json.loads(payload)
                self._take(made)
            case "CTB02":
                self._dropped += json.loads(payload)
            case "CTB03":
                self._rewritten.append(int(payload))
            case "CTB04":
                self._reached += map(int, json.loads(payload))
            case "CTB05":
                self.transaction, self.lock_timeout, self.granted = json.loads(payload)

    def _take(self, made: list[list[Any]]) -> None:
        """One command is done; it is the one that the server has spoken of since the last."""
        self._made += made
        tables = frozenset(int(table or oid or 0) for _, _, _, _, oid, _, table in made)
        for place in range(self._placed, len(self._why)):
            self._why[place] = self._why[place]._replace(tables=tables)
        self._placed = len(self._why)

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
    def made(self) -> list[list[Any]]:
        """What was made and changed, as the event triggers tell it."""
        return self._made

    @property
    def dropped(self) -> list[list[Any]]:
        """What was dropped, as the event triggers tell it."""
        return self._dropped

    @property
    def reached(self) -> frozenset[int]:
        """The relations that a command on others may have changed too: partitions, children and parents."""
        return frozenset(self._reached)

    @property
    def silent(self) -> bool:
        """Nothing was made, changed, dropped, written anew or reached by a command on something else."""
        return not (self._made or self._dropped or self._rewritten or self._reached)

    @property
    def relations(self) -> set[int]:
        """The relations that were made, changed, written anew or reached, and the tables of these."""
        made = {int(oid or 0) for _, _, _, catalog, oid, _, _ in self._made if catalog == "pg_class"}
        return made.union((int(row[6] or 0) for row in self._made), self._rewritten, self._reached) - {0}

    @property
    def sequences(self) -> set[int]:
        """The sequences that were made or changed."""
        return {int(oid) for _, kind, _, _, oid, _, _ in self._made if kind == "sequence"}

    def only_new(self, since: int) -> bool:
        """Whether all that was heard is about objects above this number; and something was heard."""
        heard = bool(self._made) and not (self._dropped or self.heard_rewrite)
        return (
            heard
            and all(oid > since for oid in self._reached)
            and all(
                catalog in _WITHOUT_LOCKS or (int(oid or 0) > since and (not table or int(table) > since))
                for _, _, _, catalog, oid, _, table in self._made
            )
        )

    @property
    def catalogs(self) -> frozenset[str]:
        """The catalogs in which the objects stand that were made, changed or dropped."""
        return frozenset((*(row[3] or "" for row in self._made), *(row[2] for row in self._dropped)))

    @property
    def heard_rewrite(self) -> bool:
        """A table was written anew."""
        return bool(self._rewritten) or any(reason.message.startswith(REWRITING) for reason in self._why)

    def forget_skipped(self, commands: int) -> None:
        """Leave out an ALTER TABLE, told as done, all of whose commands found there what they were to add."""
        if self.skipped == commands:
            self._made.clear()

    def add(self, made: Sequence[list[Any]], reached: Sequence[int]) -> None:
        """Take what the server was asked for, of a GRANT."""
        self._made += made
        self._reached += reached

    def tell(self, made: list[list[Any]], dropped: list[list[Any]]) -> None:
        """Take what the catalogs tell in place of event triggers."""
        self._made, self._dropped = made, dropped

    def touched(self) -> Touched:
        """Every object that was made, changed or dropped, or may have been."""
        touched = Touched()
        for oid in self._reached:
            touched.add("pg_class" if oid else "", oid, None)
        for _, _, identity, catalog, oid, _, table in self._made:
            if table:
                touched.add("pg_class", int(table), None)
            if catalog in {"pg_constraint", "pg_trigger", "pg_policy", "pg_rewrite", "pg_statistic_ext"} and table:
                continue
            touched.add(catalog or "", int(oid or 0), _plain_name(catalog, identity))
        tables = {identity for _, identity, catalog, *_ in self._dropped if catalog == "pg_class"}
        for kind, identity, catalog, oid, column, original, names, temporary in self._dropped:
            if not column:
                touched.dropped.add((catalog, int(oid)))
            if temporary or kind in UNTOLD or effects.is_internal(identity):
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

    def effects(
        self, before: Probe, after: Probe, since: int, newest: int, named: Named, keeps_rows: Callable[[], bool]
    ) -> dict[str, Any]:
        """The fields of a Trace. `since` is the number that everything made by the file is above.

        `newest` is the number that all storage made by the statement is above. `keeps_rows` tells whether what has
        other storage now holds the rows that it held.
        """
        fields: dict[str, Any] = {"transaction": after.transaction}
        if self.silent and (after is before or not after.relations):
            return fields
        fields["created"], fields["altered"] = effects.made(self._made, since)
        fields["renamed"] = named.renamed
        fields["dropped"] = tuple(effects.dropped(self._dropped, since))
        if after is before:
            return fields
        rewritten = effects.rewritten(after, self._rewritten, self._why, since)
        stored = [table for table in effects.stored_anew(after, since, newest) if table.qualified_name not in rewritten]
        moved = bool(stored) and keeps_rows()
        kept = [table.qualified_name for table in stored if moved or table.kind == "m"]
        return fields | {
            "rewritten": (*rewritten, *kept),
            "truncated": tuple(table.qualified_name for table in stored if table.qualified_name not in kept),
            "scanned": tuple(effects.scans(before, after, self._why, since)),
            "rows": tuple(effects.rows(before, after)),
            "locks": effects.locks_taken(before, after, since, named.before),
        }

    def forget_undone(self, connection: psycopg.Connection[Any]) -> None:
        """Leave out what a body did and lost again to its own EXCEPTION clause. Raises psycopg.Error."""
        if not self._made and not self._dropped:
            return
        made = [(m[3], int(m[4] or 0), int(m[5] or 0)) for m in self._made]
        dropped = [(d[2], int(d[3]), int(d[4])) for d in self._dropped]
        there = existing(connection, made + dropped)
        gone = set(dropped)
        self._dropped = [row for row, address in zip(self._dropped, dropped, strict=True) if address not in there]
        self._made = [
            row
            for row, address in zip(self._made, made, strict=True)
            if address in there or address in gone or not address[1]
        ]


def _plain_name(catalog: str, identity: str | None) -> str | None:
    """The name that finds it again; a column is told as `schema.table.column`, which names no relation."""
    if catalog == "pg_class" and identity and len(_NAME.findall(identity)) > 2:
        return None
    return identity


def _table_of(identity: str) -> str:
    """Of `schema.table.column` and of `trigger on schema.table`, as the server quotes it."""
    return ".".join(_NAME.findall(identity.rpartition(" on ")[2])[:2])
