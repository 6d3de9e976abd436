"""The aspects of an object, each with the statements that set and remove it, as statements.sql returns them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from pytest_ctb.model import Key
from pytest_ctb.replay.witness.catalog import OBJECTS, OWNER

ITSELF = "itself"
"""The aspect that is the whole object."""
MARK = secrets.token_hex(8)
"""Marks both ends of a role in a statement; it is random, so that no name can hold it."""
NEW = "new"
"""The aspect that has the statement for a new database, where `itself` has one that spares a live one."""
STATEMENTS = OBJECTS + re.sub(
    r"(pg_catalog\.)?chr\(1\)",
    f"'{MARK}'::pg_catalog.text",
    Path(__file__).with_name("statements.sql").read_text(encoding="utf-8"),
)
"""The query for the aspects of each object and their statements."""


class Aspect(NamedTuple):
    """One aspect of an object. A statement is empty where there is none, and `-` where another aspect's includes it."""

    value: str
    sql: str
    """The statement that sets it."""
    undo: str
    """The statement that removes it."""
    risk: str
    """Why `sql` is not safe; empty where it is."""
    undo_risk: str
    after: bool
    """Whether it needs a separate statement when the object is created."""


Aspects = Mapping[Key, Mapping[str, Aspect]]


def read_aspects(rows: Iterable[tuple[str, ...]], replayed_by: str = "", *, maintain: bool = True) -> Aspects:
    """The aspects of each object, by name, from the rows of statements.sql.

    `replayed_by` is the role that ran the replay: it becomes the owner. Without `maintain` the privilege MAINTAIN is
    left out, because the other server does not have it.
    """
    objects: dict[Key, dict[str, Aspect]] = {}
    for kind, name, aspect, value, sql, undo, risk, undo_risk, after in rows:
        if aspect.endswith(" MAINTAIN") and not maintain:
            continue
        own_name = _as_owner(name, replayed_by)
        key = Key(kind, own_name.replace(OWNER, "owner").replace(f"for {replayed_by} ", "for owner ", 1))
        texts = (_as_owner(text, replayed_by) for text in (value, sql, undo, risk, undo_risk))
        objects.setdefault(key, {})[_as_owner(aspect, replayed_by)] = Aspect._make((*texts, after in {"True", "t"}))
    return objects


def _as_owner(text: str, role: str) -> str:
    return (
        text.replace(role, OWNER)
        if role.startswith("pytest_ctb")
        else text.replace(f"{MARK}{role}{MARK}", f"{MARK}{OWNER}{MARK}")
    )


def roles(sql: str, owner: str) -> tuple[str, ...]:
    """The roles that a statement names."""
    return tuple(owner if role == OWNER else role for role in sql.split(MARK)[1::2])


def with_roles(sql: str, names: Iterable[str]) -> str:
    """The statement with its marked roles replaced by `names`, which are written as in SQL."""
    parts = sql.split(MARK)
    parts[1::2] = names
    return "".join(parts)
