"""The objects that a file has made, by their names: what it does with these alone, nobody else waits for."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from pytest_ctb.model import Name, Statement
from pytest_ctb.replay.session.transactions import only_objects, takes_back
from pytest_ctb.replay.witness.witness import Witness
from pytest_ctb.sql import created

_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
"""One part of a name as the server quotes it."""
_CATALOGS = {"relation": "pg_class", "type": "pg_type"}


class NewObjects:
    """The relations and types that one file has made, as the event triggers told, while no name means another."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str], list[Any]] = {}
        """The row that told of each, by its catalog, schema and name."""
        self._schema = ""
        """Where the search_path has bare names made, and so looks for them first; empty where that is not known."""
        self._hidden = False
        """The session has temporary objects, which bare names may mean."""

    def forget(self) -> None:
        """Another file comes, or something was taken back."""
        self._made.clear()
        self._schema, self._hidden = "", False

    def have(self, names: Iterable[Name]) -> bool:
        """Whether all of these names mean something that the file has made."""
        return all(self._row(name) is not None for name in names)

    def rows(self, names: Iterable[Name], tag: str) -> list[list[Any]] | None:
        """What an event trigger would tell of a command on these relations; None where one is not known."""
        known = [self._row(name) if name.kind == "relation" else None for name in names]
        rows = {int(row[4]): [tag, "table", *row[2:5], 0, None] for row in known if row}
        return [rows[oid] for oid in sorted(rows)] if known and all(known) else None

    def _row(self, name: Name) -> list[Any] | None:
        return self._made.get((_CATALOGS.get(name.kind, ""), name.schema or self._schema, name.name))

    def follow(self, statement: Statement, heard: Witness, since: int, *, alone: bool) -> None:
        """Take note of what a statement made.

        `alone`: it made or changed only what is new. Else what it may have renamed, or joined to what is older, is
        forgotten.
        """
        if takes_back(statement):
            self.forget()
            return
        if not alone:
            self._forget_changed(heard.made, heard.dropped, heard.reached)
            if not (only_objects(statement) or statement.control):
                self._schema = ""
        for row in heard.made:
            tag, _, identity, catalog, oid, column, _ = row
            if tag.startswith("CREATE") and identity and not column and int(oid or 0) > since:
                self._add(statement, row, catalog, identity)

    def _add(self, statement: Statement, row: list[Any], catalog: str, identity: str) -> None:
        if catalog == "pg_namespace":
            self._schema = ""  # it may be the first of the search_path that is there
        if catalog not in _CATALOGS.values():
            return
        parts = _parts(identity)
        if len(parts) != 2 or parts[0].startswith("pg_temp"):
            self._schema, self._hidden = "", True
            return
        schema, name = parts
        self._made[catalog, schema, name] = row
        if not (self._schema or self._hidden) and statement.tag.startswith("CREATE"):
            creation = created(statement)
            if creation and not creation.schema and creation.name == name and not creation.temporary:
                self._schema = schema

    def _forget_changed(
        self, made: Iterable[list[Any]], dropped: Sequence[list[Any]], reached: Collection[int]
    ) -> None:
        changed = [row for row in made if not row[0].startswith("CREATE")]
        if any(row[3] == "pg_namespace" for row in changed) or any(row[2] == "pg_namespace" for row in dropped):
            self.forget()
        gone = {int(row[4] or 0) for row in changed} | {int(row[6] or 0) for row in changed}
        gone |= {int(row[3]) for row in dropped} | set(reached)
        if gone and self._made:
            self._made = {key: row for key, row in self._made.items() if int(row[4] or 0) not in gone}


def _parts(identity: str) -> list[str]:
    return [quoted.replace('""', '"') if quoted else plain for quoted, plain in _PART.findall(identity)]
