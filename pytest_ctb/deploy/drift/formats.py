"""The result of `ctb verify` as text, as JSON, and as an SQL script."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from pytest_ctb.deploy.drift.compare import Drift
from pytest_ctb.deploy.drift.ignored import without_defaults
from pytest_ctb.deploy.drift.live_schema import LiveSchema
from pytest_ctb.deploy.drift.repair_order import Repair
from pytest_ctb.model import Difference, Key, Schema, ServerInfo
from pytest_ctb.model.visible import visible

_SHORT, _LONG = 2, 6
"""How many lines of a definition are shown: of two sides without a diff, and of one where the other has none."""
_HEAD = """\
-- Brings {database} back to what the migrations make; `ctb verify` wrote it.
-- Read it first: what is marked NOT safe says why. Each statement is its own transaction (CONCURRENTLY asks for that):
--   psql -v ON_ERROR_STOP=1 -f FILE
"""


@dataclass(frozen=True)
class VerifyReport:
    """The comparison of a live database with the replay of the migrations."""

    database: str
    """User, host, port and name; never the password."""
    server: ServerInfo
    """The throwaway server that ran the replay."""
    live: LiveSchema
    drift: Drift
    repairs: tuple[Repair, ...] = ()


def as_text(report: VerifyReport) -> str:
    """The differences by object, then their number, then the notes."""
    lines = [_headline(report)]
    ordered = sorted(report.drift.differences, key=partial(_sort_key, report))
    for whole, group in groupby(ordered, partial(_whole, report)):
        differences = list(group)
        of_whole = next((difference for difference in differences if difference.key == whole), None)
        lines += ["", f"{whole}{_where(of_whole, report.drift) if of_whole else ''}"]
        for difference in differences:
            if difference.key != whole:
                lines.append(f"  {_short(difference.key, whole)}{_where(difference, report.drift)}")
            indent = "  " if difference.key == whole else "    "
            lines += [f"{indent}{line}" for line in _sides(difference)]
    lines += ["", _counts(report)] if report.drift.differences else []
    lines += [f"note: {note}" for note in report.drift.notes]
    return "\n".join(lines)


def as_document(report: VerifyReport, *, sql: bool) -> dict[str, Any]:
    """The JSON document, version 1, as docs/verify.md describes it."""
    differences = report.drift.differences
    document: dict[str, Any] = {
        "version": 1,
        "database": report.database,
        "owner": report.live.owner,
        "postgres": {"database": report.live.version, "replay": report.server.version},
        "drift": [
            {
                "kind": difference.key.kind,
                "name": difference.key.name,
                "of": str(difference.of) if difference.of else None,
                "change": _change(difference),
                "migrations": difference.left,
                "database": difference.right,
            }
            for difference in differences
        ],
        "summary": {
            change: sum(_change(difference) == change for difference in differences)
            for change in ("missing", "extra", "changed")
        },
        "notes": list(report.drift.notes),
    }
    if sql:
        document["sql"] = [
            {
                "kind": repair.key.kind,
                "name": repair.key.name,
                "statement": f"{repair.sql};" if repair.sql else None,
                "safe": bool(repair.sql) and not repair.why,
                "why": repair.why or None,
            }
            for repair in report.repairs
        ]
    return document


def as_script(report: VerifyReport) -> str:
    """The script that repairs the drift; a comment before each statement says whether it is safe."""
    database = _line(report.database)
    parts = [_HEAD.format(database=database) if report.repairs else f"-- {database}: there is nothing to do"]
    if any("FUNCTION" in repair.sql or "PROCEDURE" in repair.sql for repair in report.repairs):
        parts.append("SET check_function_bodies = off;\n")  # a function may call one that is created later
    for repair in report.repairs:
        if not repair.sql:
            parts.append(f"-- {_line(str(repair.key))}\n-- NOT written: {_line(repair.why)}\n")
        else:
            mark = f"NOT safe: {_line(repair.why)}" if repair.why else "safe"
            parts.append(f"-- {_line(str(repair.key))}\n-- {mark}\n{repair.sql};\n")
    return "\n".join(parts).rstrip("\n")


def _line(text: str) -> str:
    """The text in one line: a name may hold a line break, and what follows one is no comment."""
    return visible(" ".join(text.split()))


def _headline(report: VerifyReport) -> str:
    where = f"{report.database}: Postgres {report.live.version}"
    where += f", replayed on {report.server.version} ({report.server.place}); the owner is {report.live.owner}"
    if report.drift.differences:
        return where
    return f"{where}\nno drift: its {len(report.drift.live.objects)} objects are what the migrations make"


def _counts(report: VerifyReport) -> str:
    number = len(report.drift.differences)
    objects = len({_whole(report, difference) for difference in report.drift.differences})
    changes = Counter(map(_change, report.drift.differences))
    return (
        f"{number} difference{'s' * (number > 1)} in {objects} object{'s' * (objects > 1)}: "
        f"{changes['missing']} missing, {changes['extra']} extra, {changes['changed']} changed "
        "(- what the migrations say, + what the database has)"
    )


def _change(difference: Difference) -> str:
    return "missing" if difference.right is None else "extra" if difference.left is None else "changed"


def _whole(report: VerifyReport, difference: Difference) -> Key:
    """The outermost object that a difference belongs to: a table, say, or the object itself."""
    key, of = difference.key, difference.of
    while of is not None:
        key = of
        parent = report.drift.wanted.objects.get(key) or report.drift.live.objects.get(key)
        of = parent.of if parent else None
    return key


def _sort_key(report: VerifyReport, difference: Difference) -> tuple[str, str, bool, str, str]:
    whole = _whole(report, difference)
    return whole.name, whole.kind, difference.key != whole, difference.key.kind, difference.key.name


def _short(key: Key, whole: Key) -> str:
    """Kind and name of a part, without the name of its table."""
    if key.kind in {"privileges", "comment"} and key.name == str(whole):
        return key.kind
    kind, _, name = key.name.partition(" ") if key.kind in {"privileges", "comment"} else ("", "", key.name)
    words = f"{key.kind} {kind}".strip()
    return f"{words} {name.removeprefix(f'{whole.name}.')}"


def _where(difference: Difference, drift: Drift) -> str:
    """On which side an object is missing, and how many parts of which kind it has; empty where both have it."""
    if difference.left is not None and difference.right is not None:
        return ""
    schema: Schema = drift.wanted if difference.right is None else drift.live
    kinds = [
        key.kind for key, other in schema.objects.items() if other.of == difference.key and key.kind != "column order"
    ]
    parts = ", ".join(f"{number} {_plural(kind, number)}" for kind, number in sorted(Counter(kinds).items()))
    side = "database" if difference.right is None else "migrations"
    return f": not in the {side}{f' (with {parts})' if parts else ''}"


def _plural(kind: str, number: int) -> str:
    if number == 1 or kind in {"privileges", "statistics"}:
        return kind
    return {"index": "indexes", "policy": "policies"}.get(kind, f"{kind}s")


def _sides(difference: Difference) -> Iterator[str]:
    left, right = ((definition or "").splitlines() for definition in (difference.left, difference.right))
    if difference.left is not None and difference.right is not None and max(len(left), len(right)) > _SHORT:
        diff = difflib.unified_diff(left, right, lineterm="", n=1)
        yield from (f"{line[0]} {line[1:]}" for line in list(diff)[2:] if not line.startswith("@@"))
        return
    if difference.key.kind == "privileges" and None in {difference.left, difference.right}:
        left, right = without_defaults(difference.key, left), without_defaults(difference.key, right)
    yield from (f"- {line}" for line in _cut(left, difference.left, difference.right))
    yield from (f"+ {line}" for line in _cut(right, difference.right, difference.left))


def _cut(lines: list[str], mine: str | None, other: str | None) -> list[str]:
    """The lines of one side; only the first ones where the other side has no such object."""
    if mine is None:
        return []
    if not lines:
        return [f"{'OWNER owner' if other.startswith('OWNER ') else 'without'}"] if other else []
    return [*lines[:_LONG], "…"] if other is None and len(lines) > _LONG else lines
