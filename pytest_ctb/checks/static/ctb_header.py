"""CT03: the metadata block at the top of the file."""

import datetime
import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pytest_ctb.checks import Case, check, is_to_come, says_nothing
from pytest_ctb.model import Edit, Finding, HeaderField, Position

# A line without a letter or a digit, also a frame of letters that were decoded twice: CT02 reports that.
_FRAME = re.compile(r"[^A-Za-z0-9]+")
_OTHER_LINE = re.compile(r"(?:--|/?\*)\s*(?:ctb:|depends on\s*:)", re.IGNORECASE)
_FIELD = re.compile(r"--\s*(?:[^\w\s]+\s*)?([A-Za-z][A-Za-z ]*[A-Za-z])\s*:")
_HEX = re.compile(r"\b[0-9A-Fa-f]{8}\b")
_UNFILLED = re.compile(r"^$|XX|YY|TODO")
_DATE_OR_ENDING = re.compile(r"^[\d-]*_|\.sql$")
_TEMPLATE = "what this migration does"


@dataclass(frozen=True)
class Field:
    """What a field must hold: a pattern, one of a list, or a date; `example` is what a message shows."""

    example: str
    pattern: str = ""
    one_of: tuple[str, ...] = ()
    date: bool = False
    optional: bool = False

    def problem(self, value: str) -> str:
        """Why a value is not valid; empty where it is."""
        if self.optional and not value:
            return ""
        if self.one_of and value not in self.one_of:
            return f"is none of {', '.join(self.one_of)}"
        if self.pattern and not re.fullmatch(self.pattern, value):
            return f"is not of the form {self.example}"
        if self.date:
            try:
                if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
                    return "is not of the form YYYY-MM-DD"
                datetime.date.fromisoformat(value)
            except ValueError:
                return "is no day of the calendar"
        return ""


@dataclass(frozen=True)
class Options:
    """The fields, in the order of the template, and the line that the block opens with (without its emoji)."""

    title: str
    fields: Mapping[str, Field] = field(default_factory=dict)


@check("ctb-header", options=Options)
def ctb_header(case: Case[Options]) -> Iterator[Finding]:
    """Read the `Name: value` lines of the comments above the first statement: behind `--`, or in `/* … */`."""
    migration, fields = case.migration, case.options.fields
    known = [header_field for header_field in migration.header if header_field.name in fields]
    if not known:
        near = _misplaced(case)
        described = f"-- Description: {_sentence(case)}\n\n" if not migration.description and _sentence(case) else ""
        top = _template(case, plain=migration.source.text.isascii())
        fix = [case.insert(0, f"{top}\n\n{described}")] if not near else ()
        yield case.finding(Position(near or 1, 1), _no_header(case, near), instead=_template(case), fix=fix)
        return
    yield from _above_header(case, known[0])
    by_name: dict[str, list[HeaderField]] = {}
    for header_field in known:
        by_name.setdefault(header_field.name, []).append(header_field)
    for name, rule in fields.items():
        given = by_name.get(name, [])
        if not given and not rule.optional:
            yield _missing(case, name, rule, known)
        for repeated in given[1:]:
            yield case.finding(
                Position(repeated.position.line, 1),
                f"the header gives {name} twice (first on line {given[0].position.line})",
                instead=f"-- {name}: {given[0].value}",
            )
        if given and (problem := rule.problem(given[0].value)):
            value = repr(given[0].value) if given[0].value else "an empty value"
            example = _example(case, rule)
            fix = [_set_value(case, given[0], example)] if _UNFILLED.search(given[0].value) else ()
            yield case.finding(
                given[0].position, f"{name}: {value} {problem}", instead=f"-- {name}: {example}", fix=fix
            )
        elif given and rule.date:
            yield from _too_early_or_late(case, given[0])
    yield from _description(case, known)


def _no_header(case: Case[Options], near: int) -> str:
    required = ", ".join(name for name, rule in case.options.fields.items() if not rule.optional)
    if near:
        return f"the header is on line {near}, below SQL: it must come first in the file"
    return f"the file has no CTB header: no comment at its top gives {required}"


def _misplaced(case: Case[Options]) -> int:
    """The line of a header that stands somewhere below; 0 where there is none."""
    for comment in case.migration.comment_lines:
        match = _FIELD.match("--" + comment.text)
        if comment.alone and match and match[1] in case.options.fields:
            return comment.position.line
    return 0


def _above_header(case: Case[Options], first: HeaderField) -> Iterator[Finding]:
    """Only blank lines, the frame and the title may stand above the first field."""
    for number in range(1, first.position.line):
        line = case.migration.source.line(number).strip()
        if _OTHER_LINE.match(line):
            continue
        if line and not _FRAME.fullmatch(line) and case.options.title.casefold() not in line.casefold():
            yield case.finding(
                Position(number, 1), f"the header must come first in the file, above {line[:40]!r}", instead=""
            )
            return


def _missing(case: Case[Options], name: str, rule: Field, known: list[HeaderField]) -> Finding:
    similar = [
        header_field
        for header_field in case.migration.header
        if header_field.name not in case.options.fields
        and difflib.SequenceMatcher(None, header_field.name.lower(), name.lower()).ratio() > 0.7
    ]
    at = Position(similar[0].position.line if similar else known[0].position.line, 1)
    hint = f" (line {at.line} says {similar[0].name!r})" if similar else ""
    value = _example(case, rule)
    fix = _renamed(case, similar[0], name) if similar else _added(case, name, value, known)
    return case.finding(at, f"the header has no {name}{hint}", instead=f"-- {name}: {value}", fix=[fix])


def _renamed(case: Case[Options], wrong: HeaderField, name: str) -> Edit:
    source = case.migration.source
    start = source.offset(Position(wrong.position.line, 1)) + source.line(wrong.position.line).index(wrong.name)
    return Edit(start, start + len(wrong.name), name)


def _added(case: Case[Options], name: str, value: str, known: list[HeaderField]) -> Edit:
    """An edit that inserts a field in the order of the template: below the nearest field before it, else on top."""
    names = list(case.options.fields)
    before = [header_field for header_field in known if names.index(header_field.name) < names.index(name)]
    nearest = max(before, key=lambda header_field: names.index(header_field.name)) if before else known[0]
    source, number = case.migration.source, nearest.position.line
    line = source.line(number)
    # What stands before the name of the nearest field stands before the new one too: `-- `, or ` * ` in a `/* … */`.
    lead = line[: line.index(nearest.name)].replace("/*", "  ")
    if not lead.strip() and line.rstrip().endswith("*/"):
        lead = "-- "
    if before:
        return case.insert(source.line_end(number), f"\n{lead}{name}: {value}")
    return case.insert(source.offset(Position(number, 1)), f"{lead}{name}: {value}\n")


def _set_value(case: Case[Options], header_field: HeaderField, value: str) -> Edit:
    """An edit that replaces the value of a field."""
    if not header_field.value:
        end = case.migration.source.line_end(header_field.position.line)
        return Edit(end, end, ("" if case.migration.source.text[:end].endswith(" ") else " ") + value)
    start = case.migration.source.offset(header_field.position)
    return Edit(start, start + len(header_field.value), value)


def _too_early_or_late(case: Case[Options], header_field: HeaderField) -> Iterator[Finding]:
    date, given = case.migration.date, datetime.date.fromisoformat(header_field.value)
    if is_to_come(given, date):
        yield case.finding(
            header_field.position,
            f"{header_field.name}: {header_field.value} is in the future",
            instead=f"-- {header_field.name}: {date or 'YYYY-MM-DD'}",
        )
    elif date and given < date:
        yield case.finding(
            header_field.position,
            f"{header_field.name}: {header_field.value} is before the date of the file, {date}",
            instead=f"-- {header_field.name}: {date}",
            fix=[_set_value(case, header_field, date.isoformat())],
        )


def _description(case: Case[Options], known: list[HeaderField]) -> Iterator[Finding]:
    description = case.migration.description
    instead = "-- Description: what this migration does, in a sentence"
    if description is None:
        sentence = _sentence(case)
        last = known[-1].position.line
        blocks = {line.position.line: line.block for line in case.migration.comment_lines}
        below = last + bool(_FRAME.fullmatch(case.migration.source.line(last + 1).strip()))
        while blocks.get(last) and blocks.get(below + 1) == blocks[last]:  # below the `*/`
            below += 1
        fix = (
            [case.insert(case.migration.source.line_end(below), f"\n\n-- Description: {sentence}")] if sentence else ()
        )
        yield case.finding(Position(last, 1), "no Description follows the header", instead=instead, fix=fix)
    elif description.position.line < known[0].position.line:
        yield case.finding(
            Position(description.position.line, 1), "the Description is above the header, not below it", instead=""
        )
    elif says_nothing(description.value) or description.value.casefold().rstrip(".") == _TEMPLATE:
        sentence = _sentence(case)
        # A description may span lines: it is replaced only where this line holds all of it.
        on_one_line = case.migration.source.line(description.position.line).rstrip().endswith(description.value or ":")
        fix = [_set_value(case, description, sentence)] if sentence and on_one_line else ()
        yield case.finding(Position(description.position.line, 1), "the Description is empty", instead=instead, fix=fix)


def _sentence(case: Case[Options]) -> str:
    """What the file's name says, as a sentence: `Add linkedin url to people`; empty where it says nothing."""
    words = _DATE_OR_ENDING.sub("", case.migration.name).replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def _example(case: Case[Options], rule: Field) -> str:
    if rule.date and case.migration.date:
        return case.migration.date.isoformat()
    # An id to paste must be unique: it is derived from the path.
    unique = _HEX.sub(hashlib.sha256(case.subject.encode()).hexdigest()[:8].upper(), rule.example)
    return rule.example if rule.problem(unique) else unique


def _template(case: Case[Options], *, plain: bool = False) -> str:
    """The whole header block; `plain`: in ASCII alone, for a file of ASCII that tools may read as such."""
    frame = "-- " + ("-" if plain else "─") * 45
    title = f"-- {case.options.title}" if plain else f"-- \N{FILE FOLDER} {case.options.title}"
    lines = [f"-- {name}: {_example(case, rule)}" for name, rule in case.options.fields.items() if not rule.optional]
    return "\n".join([frame, title, frame, *lines, frame])
