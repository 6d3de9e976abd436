"""What makes an object, aspect by aspect, as the rows of statements.sql tell it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from pytest_ctb.model import Key
from pytest_ctb.replay.witness.catalog import OWNER

ITSELF = "itself"
"""The aspect that is the whole object."""
MARK = secrets.token_hex(8)
"""Stands on both sides of a role in a statement; no name can hold it, for nobody knows it before."""


class Aspect(NamedTuple):
    """One aspect of an object; a statement is empty where there is none, `-` where it comes along with another's."""

    value: str
    sql: str
    """What gives it."""
    undo: str
    """What takes it away."""
    risk: str
    """Why `sql` is not safe; empty where it is."""
    undo_risk: str
    after: bool
    """It needs a statement of its own when the object is made."""


Aspects = Mapping[Key, Mapping[str, Aspect]]


def aspects(rows: Iterable[tuple[str, ...]], replayed_by: str = "", *, maintain: bool = True) -> Aspects:
    """The aspects of each object; `replayed_by` is the role that replayed, for whom the owner stands.

    Without `maintain` that privilege is left out, which the other server does not know.
    """
    found: dict[Key, dict[str, Aspect]] = {}
    for kind, name, aspect, value, sql, undo, risk, undo_risk, after in rows:
        if aspect.endswith(" MAINTAIN") and not maintain:
            continue
        mine, told = (_as_owner(one, replayed_by) for one in (name, aspect))
        key = Key(kind, mine.replace(OWNER, "owner").replace(f"for {replayed_by} ", "for owner ", 1))
        texts = [_as_owner(one, replayed_by) for one in (value, sql, undo, risk, undo_risk)]
        found.setdefault(key, {})[told] = Aspect(
            texts[0], texts[1], texts[2], texts[3], texts[4], after=after in {"True", "t"}
        )
    return found


def _as_owner(text: str, role: str) -> str:
    return (
        text.replace(role, OWNER)
        if role.startswith("pytest_ctb")
        else text.replace(f"{MARK}{role}{MARK}", f"{MARK}{OWNER}{MARK}")
    )


def roles(sql: str, owner: str) -> tuple[str, ...]:
    """The roles that a statement names."""
    return tuple(owner if one == OWNER else one for one in sql.split(MARK)[1::2])


def pasted(sql: str, names: Iterable[str]) -> str:
    """A statement with its roles, which are given as SQL writes them, in their places."""
    parts = sql.split(MARK)
    parts[1::2] = names
    return "".join(parts)
