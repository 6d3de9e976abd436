"""CT16: the comment of a deprecated column gives a date and a reason, and an INSERT may leave the column out."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, check, is_to_come, says_nothing
from pytest_ctb.checks.live._last_change import definitions
from pytest_ctb.model import Finding, Key, Position, Repository, Schema
from pytest_ctb.sql import as_sql, comment_on, table_as_sql

_MARK = re.compile(r"\s*deprecated\b", re.IGNORECASE)
_FORM = re.compile(r"\s*DEPRECATED\s+(\S+?)\s*:\s*(\S.*)", re.IGNORECASE | re.DOTALL)
_TABLES = {"table", "foreign table"}
_NULL = re.compile(r"NULL(::|$| )")
_ID = "deprecated-column"


@check(_ID, scope=Scope.SCHEMA, subjects=lambda _: (_ID,))
def deprecated_column(case: Case[NoOptions]) -> Iterator[Finding]:
    """Read the comments of the columns in the replayed schema; findings stand where the comment was last set."""
    schema = case.replay.schema
    for key, comment in schema.objects.items():
        kind, _, name = key.name.partition(" ")
        column = schema.objects.get(Key("column", name))
        if key.kind != "comment" or kind != "column" or column is None or not _MARK.match(comment.definition):
            continue
        if column.of is None or column.of.kind not in _TABLES:
            continue
        file, at = _place(case, key, name)
        set_by = case.repository.by_path.get(file)
        wrong = [
            *_form(comment.definition, set_by.date if set_by else None),
            *_required(schema, column.of, name, column.definition),
        ]
        if wrong:
            yield case.finding(
                at,
                f"column {name} is deprecated, but {' and '.join(wrong)}",
                instead=_instead(column.of.name, name, comment.definition),
                file=file,
            )


def _form(comment: str, of_file: datetime.date | None) -> Iterator[str]:
    match = _FORM.fullmatch(comment)
    if match is None or not _is_date(match[1]):
        yield "its comment does not have the form `DEPRECATED YYYY-MM-DD: reason`"
        return
    if is_to_come(datetime.date.fromisoformat(match[1]), of_file):
        yield f"its date, {match[1]}, is in the future"
    if says_nothing(match[2]):
        yield f"its reason, {match[2].strip()!r}, says nothing"


def _is_date(text: str) -> bool:
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text)) and bool(datetime.date.fromisoformat(text))
    except ValueError:
        return False


def _required(schema: Schema, table: Key, name: str, definition: str) -> Iterator[str]:
    """A phrase where a column must be given on INSERT; reads the definitions that catalog.sql writes.

    A column: `type COLLATE c NOT NULL DEFAULT d`; a domain: `DOMAIN OVER t DEFAULT d NOT NULL`.
    """
    head, _, default = definition.partition(" DEFAULT ")
    of_type = head.removesuffix(" NOT NULL").partition(" COLLATE ")[0]
    type_object = schema.objects.get(Key("type", of_type))
    domain = type_object.definition if type_object and type_object.definition.startswith("DOMAIN ") else ""
    of_domain = domain.partition(" DEFAULT ")[2]
    if "GENERATED " in head or any(value and not _NULL.match(value) for value in (default, of_domain)):
        return
    plain = name.rpartition(".")[2]
    forbids = {f"CHECK (({shown} IS NOT NULL))" for shown in (plain, as_sql(plain))}
    checked = any(
        key.kind == "constraint"
        and constraint.of == table
        and constraint.definition.removesuffix(" NOT VALID") in forbids
        for key, constraint in schema.objects.items()
    )
    if head.endswith(" NOT NULL") or "NOT NULL" in domain or checked:
        yield "a row without it is still refused: it is NOT NULL and has no default"


def _place(case: Case[NoOptions], key: Key, column: str) -> tuple[str, Position]:
    """Path and position of the last statement whose text sets the comment, else of the last seen to alter it."""
    by_text = definitions(case.repository).get(key) or _comment_with(
        case.repository, case.replay.schema.objects[key].definition
    )
    observed = ("", Position(1, 1))
    for path, file in case.replay.files.items():
        for trace in file.traces:
            if Key("column", column) in trace.altered:
                observed = (path, Position(trace.line, 1))
    return by_text or observed


def _comment_with(repository: Repository, comment: str) -> tuple[str, Position] | None:
    """Path and position of the last COMMENT with this text: the column may have been renamed since."""
    comments = [
        (migration.path, inner.position)
        for migration in repository.migrations
        for statement in migration.statements
        for inner in statement.walk()
        if (set_comment := comment_on(inner)) and set_comment.text == comment
    ]
    return comments[-1] if comments else None


def _instead(table: str, name: str, comment: str) -> str:
    column = name.rpartition(".")[2]
    reason = re.sub(r"^\W*(\d[\d-]*)?\W*", "", _MARK.sub("", comment)) or "why, and what to use instead"
    quoted = f"DEPRECATED YYYY-MM-DD: {reason}".replace("'", "''")
    shown = table_as_sql(table)
    return (
        f"COMMENT ON COLUMN {shown}.{as_sql(column)} IS '{quoted}';\n"
        f"ALTER TABLE {shown} ALTER COLUMN {as_sql(column)} DROP NOT NULL;"
    )
