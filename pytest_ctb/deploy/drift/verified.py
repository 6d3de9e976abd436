"""A comparison as people read it, as programs do, and as a script to run."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from pytest_ctb.deploy.drift.compare import Drift
from pytest_ctb.deploy.drift.ignored import untold
from pytest_ctb.deploy.drift.observe import Observed
from pytest_ctb.deploy.ordering import Repair
from pytest_ctb.model import Difference, Key, Schema, ServerInfo
from pytest_ctb.model.visible import visible

_SHORT, _LONG = 2, 6
"""Up to how many lines both sides are shown in full; and one, where the other has nothing."""
_HEAD = """\
-- Brings {database} back to what the migrations make; `ctb verify` wrote it.
-- Read it first: what is marked NOT safe says why. Each statement is its own transaction (CONCURRENTLY asks for that):
--   psql -v ON_ERROR_STOP=1 -f FILE
"""


@dataclass(frozen=True)
class Verified:
    """A live database, held against the replay of the migrations."""

    database: str
    """Who, where and which; never the password."""
    server: ServerInfo
    """Which replayed."""
    live: Observed
    drift: Drift
    repairs: tuple[Repair, ...] = ()


def as_text(seen: Verified) -> str:
    """What differs, by object; then how much, and what to know."""
    lines = [_headline(seen)]
    for whole, group in groupby(
        sorted(seen.drift.found, key=lambda one: _place(seen, one)), lambda one: _whole(seen, one)
    ):
        of_it = list(group)
        own = [one for one in of_it if one.key == whole]
        lines += ["", f"{whole}{_where(own[0], seen.drift) if own else ''}"]
        for one in of_it:
            name = _short(one.key, whole)
            if one.key != whole:
                lines.append(f"  {name}{_where(one, seen.drift)}")
            lines += [f"{'  ' if one.key == whole else '    '}{line}" for line in _words(one)]
    lines += ["", _counts(seen)] if seen.drift.found else []
    lines += [f"note: {one}" for one in seen.drift.notes]
    return "\n".join(lines)


def as_document(seen: Verified, *, sql: bool) -> dict[str, Any]:
    """The stable form, version 1, as docs/verify.md describes it."""
    found = seen.drift.found
    document: dict[str, Any] = {
        "version": 1,
        "database": seen.database,
        "owner": seen.live.owner,
        "postgres": {"database": seen.live.version, "replay": seen.server.version},
        "drift": [
            {
                "kind": one.key.kind,
                "name": one.key.name,
                "of": str(one.of) if one.of else None,
                "change": _change(one),
                "migrations": one.left,
                "database": one.right,
            }
            for one in found
        ],
        "summary": {change: sum(_change(one) == change for one in found) for change in ("missing", "extra", "changed")},
        "notes": list(seen.drift.notes),
    }
    if sql:
        document["sql"] = [
            {
                "kind": one.key.kind,
                "name": one.key.name,
                "statement": f"{one.sql};" if one.sql else None,
                "safe": bool(one.sql) and not one.why,
                "why": one.why or None,
            }
            for one in seen.repairs
        ]
    return document


def as_script(seen: Verified) -> str:
    """What brings the database back, each statement behind a comment that says whether it is safe."""
    database = _line(seen.database)
    parts = [_HEAD.format(database=database) if seen.repairs else f"-- {database}: there is nothing to do"]
    if any("FUNCTION" in one.sql or "PROCEDURE" in one.sql for one in seen.repairs):
        parts.append("SET check_function_bodies = off;\n")  # one may call another that comes later
    for one in seen.repairs:
        if not one.sql:
            parts.append(f"-- {_line(str(one.key))}\n-- NOT written: {_line(one.why)}\n")
        else:
            mark = f"NOT safe: {_line(one.why)}" if one.why else "safe"
            parts.append(f"-- {_line(str(one.key))}\n-- {mark}\n{one.sql};\n")
    return "\n".join(parts).rstrip("\n")


def _line(text: str) -> str:
    """In one line: a name may hold anything, and what follows a line's end would be no comment."""
    return visible(" ".join(text.split()))


def _headline(seen: Verified) -> str:
    where = f"{seen.database}: Postgres {seen.live.version}"
    where += f", replayed on {seen.server.version} ({seen.server.place}); the owner is {seen.live.owner}"
    if seen.drift.found:
        return where
    return f"{where}\nno drift: its {len(seen.drift.live.objects)} objects are what the migrations make"


def _counts(seen: Verified) -> str:
    found = seen.drift.found
    objects = len({_whole(seen, one) for one in found})
    kinds = [sum(_change(one) == each for one in found) for each in ("missing", "extra", "changed")]
    return (
        f"{len(found)} difference{'s' * (len(found) > 1)} in {objects} object{'s' * (objects > 1)}: "
        f"{kinds[0]} missing, {kinds[1]} extra, {kinds[2]} changed "
        "(- what the migrations say, + what the database has)"
    )


def _change(one: Difference) -> str:
    return "missing" if one.right is None else "extra" if one.left is None else "changed"


def _whole(seen: Verified, one: Difference) -> Key:
    """The object that it goes with in the end: a table, or itself."""
    key, of = one.key, one.of
    while of is not None:
        key = of
        found = seen.drift.wanted.objects.get(key) or seen.drift.live.objects.get(key)
        of = found.of if found else None
    return key


def _place(seen: Verified, one: Difference) -> tuple[str, str, bool, str, str]:
    whole = _whole(seen, one)
    return whole.name, whole.kind, one.key != whole, one.key.kind, one.key.name


def _short(key: Key, whole: Key) -> str:
    """A part of a table without the table's name."""
    if key.kind in {"privileges", "comment"} and key.name == str(whole):
        return key.kind
    kind, _, name = key.name.partition(" ") if key.kind in {"privileges", "comment"} else ("", "", key.name)
    words = f"{key.kind} {kind}".strip()
    return f"{words} {name.removeprefix(f'{whole.name}.')}"


def _where(one: Difference, drift: Drift) -> str:
    """On which side an object is missing; of a whole one how much goes with it."""
    if one.left is not None and one.right is not None:
        return ""
    schema: Schema = drift.wanted if one.right is None else drift.live
    kinds = [key.kind for key, other in schema.objects.items() if other.of == one.key and key.kind != "column order"]
    with_it = ", ".join(
        f"{kinds.count(each)} {_plural(each, kinds.count(each))}" for each in dict.fromkeys(sorted(kinds))
    )
    return f": not in the {'database' if one.right is None else 'migrations'}{f' (with {with_it})' if with_it else ''}"


def _plural(kind: str, number: int) -> str:
    if number == 1 or kind in {"privileges", "statistics"}:
        return kind
    return {"index": "indexes", "policy": "policies"}.get(kind, f"{kind}s")


def _words(one: Difference) -> Iterator[str]:
    left, right = ((words or "").splitlines() for words in (one.left, one.right))
    if one.left is not None and one.right is not None and max(len(left), len(right)) > _SHORT:
        told = difflib.unified_diff(left, right, lineterm="", n=1)
        yield from (f"{line[0]} {line[1:]}" for line in list(told)[2:] if not line.startswith("@@"))
        return
    if one.key.kind == "privileges" and None in {one.left, one.right}:
        left, right = untold(one.key, left), untold(one.key, right)
    yield from (f"- {line}" for line in _cut(left, one.left, one.right))
    yield from (f"+ {line}" for line in _cut(right, one.right, one.left))


def _cut(lines: list[str], mine: str | None, other: str | None) -> list[str]:
    """The lines of a side that has the object; only the first ones where the other has none of it."""
    if mine is None:
        return []
    if not lines:
        return [f"{'OWNER owner' if other.startswith('OWNER ') else 'without'}"] if other else []
    return [*lines[:_LONG], "…"] if other is None and len(lines) > _LONG else lines
