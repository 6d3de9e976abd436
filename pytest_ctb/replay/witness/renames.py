"""What got another name: what an object is called now, beside what it was called before the statement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg

from pytest_ctb.model import Renamed
from pytest_ctb.replay.witness.effects import key_of
from pytest_ctb.replay.witness.inventory import Address, Identity, identified
from pytest_ctb.replay.witness.probe import Relation

_NAME = re.compile(r'"(?:[^"]|"")*"|[^."]+')
_OF_A_TABLE = {"pg_constraint", "pg_trigger", "pg_policy", "pg_rewrite"}
"""Their objects are named `name on schema.table`."""


class Renaming(NamedTuple):
    """An object that has another name."""

    address: Address
    old: Identity
    new: Identity

    @property
    def renamed(self) -> Renamed:
        """Both names, as a trace has them."""
        return Renamed(key_of(self.old.kind, self.old.identity), key_of(self.new.kind, self.new.identity))


class Named(NamedTuple):
    """What a statement found under other names, or what has none any more."""

    renamed: tuple[Renamed, ...] = ()
    before: Mapping[int, Relation] = MappingProxyType({})
    """What another session still sees, by their numbers: what may be renamed, what is dropped, tables of indexes."""


class Names:
    """What the objects are called that one file has made or changed, as far as event triggers told."""

    def __init__(self) -> None:
        self._known: dict[Address, Identity] = {}

    def forget(self) -> None:
        """Another file comes, or something was taken back."""
        self._known.clear()

    def renamings(self, made: Iterable[list[Any]], outside: psycopg.Connection[Any] | None) -> list[Renaming]:
        """What of these has another name now; takes the names as known.

        `outside` is a session that sees what is committed alone, and so the names that the transaction found; None
        where the statement renames nothing. Raises psycopg.Error.
        """
        now = {
            (catalog, int(oid or 0), int(column or 0)): Identity(kind, identity, ())
            for tag, kind, identity, catalog, oid, column, _ in made
            if identity and catalog and tag.startswith(("CREATE", "ALTER"))
        }
        before: Mapping[Address, Identity] = {}
        if outside is not None:
            unknown = now.keys() - self._known.keys()
            before = identified(outside, unknown) | {
                address: self._known[address] for address in now.keys() & self._known.keys()
            }
        self._known |= now
        renamings = (renaming(address, before.get(address), new) for address, new in now.items())
        return list(filter(None, renamings))


def renaming(address: Address, old: Identity | None, new: Identity) -> Renaming | None:
    """The two names, where an object itself got another; its table or schema may have done so too, by itself."""
    catalog, _, column = address
    if old is None or old.identity == new.identity:
        return None
    if column:
        last = _NAME.findall(old.identity)[-1]
        before = new.identity.removesuffix(_NAME.findall(new.identity)[-1]) + last
    elif catalog in _OF_A_TABLE:
        before = f"{old.identity.rpartition(' on ')[0]} on {new.identity.rpartition(' on ')[2]}"
    else:
        before = old.identity
    return Renaming(address, old._replace(identity=before), new) if before != new.identity else None
