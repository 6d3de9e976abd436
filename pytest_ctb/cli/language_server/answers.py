"""What an editor is answered about a document: diagnostics, repairs, hover texts and completions."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from urllib.parse import quote

from lsprotocol import types

from pytest_ctb.checks import checks
from pytest_ctb.cli.language_server.documents import Document
from pytest_ctb.cli.language_server.replays import Replayed, seen
from pytest_ctb.guide.fixes import with_rollback
from pytest_ctb.model import Edit, Finding, Guideline, Level, Position, Source, Statement
from pytest_ctb.report.span import end_of
from pytest_ctb.repository.creators import defined_elsewhere
from pytest_ctb.sql import created

SOURCE = "ctb"
"""The name that editors show beside a finding."""
_SEVERITY = {Level.ERROR: types.DiagnosticSeverity.Error, Level.WARNING: types.DiagnosticSeverity.Warning}
_ALLOW = re.compile(r"--\s*ctb:allow\s+[\w-]*$")
_FIELD = re.compile(r"--\s*[A-Za-z ]*$")
_TO_FILL_IN = re.compile(r"YYYY|(?:^|_)(?:verb|noun)(?=[_.])|^N[_.-]")
_RELATION = re.compile(r"[\w.\"]*$")


def diagnostics(document: Document, findings: Iterable[Finding]) -> list[types.Diagnostic]:
    """The findings as an editor takes them; places are in characters of the text."""
    guidelines = document.guidelines
    return [_diagnostic(document, finding, guidelines[finding.guideline]) for finding in findings]


def _diagnostic(document: Document, finding: Finding, guideline: Guideline) -> types.Diagnostic:
    message = finding.message + (f"\n{finding.details}" if finding.details else "")
    return types.Diagnostic(
        range=_range(Position(finding.line, finding.column), end_of(finding, document.migration)),
        message=message + (f"\n\nInstead:\n{finding.instead}" if finding.instead else ""),
        severity=_SEVERITY[finding.level],
        code=finding.code,
        code_description=types.CodeDescription(href=guideline.page) if "://" in guideline.page else None,
        source=SOURCE,
    )


def code_actions(
    document: Document, uri: str, findings: Iterable[Finding], asked: types.Range
) -> list[types.CodeAction]:
    """The repairs of the findings in a range, and for each of them an exception to which a person adds the reason."""
    source = document.migration.source
    actions: list[types.CodeAction] = []
    for finding in findings:
        (shown,) = diagnostics(document, [finding])
        if shown.range.end.line < asked.start.line or shown.range.start.line > asked.end.line:
            continue
        name = f"{finding.code} {finding.guideline}"
        if finding.fix:
            actions.append(_edits(f"Repair {name}", uri, source, finding.fix, shown, preferred=True))
        if rollback := _rollback(document, finding):
            actions.append(_edits("Write what takes the file back", uri, source, [rollback], shown, preferred=True))
        if new_name := _new_name(document, finding):
            actions.append(_renaming(uri, new_name, shown))
        actions.append(_edits(f"Allow {name} here: say why", uri, source, [_allow(document, finding)], shown))
    return actions


def _edits(
    title: str, uri: str, source: Source, edits: Iterable[Edit], of: types.Diagnostic, *, preferred: bool = False
) -> types.CodeAction:
    changes = [types.TextEdit(_range(source.at(edit.start), source.at(edit.end)), edit.text) for edit in edits]
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[of],
        is_preferred=preferred,
        edit=types.WorkspaceEdit(changes={uri: changes}),
    )


def _renaming(uri: str, new_name: str, of: types.Diagnostic) -> types.CodeAction:
    change = types.RenameFile(uri, f"{uri.rpartition('/')[0]}/{quote(new_name)}")
    return types.CodeAction(
        title=f"Rename the file to {new_name}",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[of],
        edit=types.WorkspaceEdit(document_changes=[change]),
    )


def _new_name(document: Document, finding: Finding) -> str:
    """The file name that a finding offers; empty where it offers none, or a person has to fill something in."""
    words = shlex.split(finding.instead) if finding.guideline == "file-name" else []
    if words[:2] != ["git", "mv"] or len(words) != 4:  # git mv OLD NEW
        return ""
    new_name = PurePosixPath(words[3]).name
    return "" if _TO_FILL_IN.search(new_name) or words[3] == document.migration.path else new_name


def _rollback(document: Document, finding: Finding) -> Edit | None:
    """What writes the rollback block that a finding misses, as far as the text says it; None where nothing can."""
    migration = document.migration
    if finding.guideline != "rollback-instructions" or migration.tool.rollback_place:
        return None
    after = with_rollback(migration, defined_elsewhere(document.suite.repository, migration)).source.text
    before = migration.source.text
    if after == before:
        return None
    start = len(before.rstrip())  # what is added stands at the end
    return Edit(start, len(before), after[start:])


def _allow(document: Document, finding: Finding) -> Edit:
    """A `ctb:allow` line above the statement of a finding, without a reason: until one is written it allows nothing."""
    migration = document.migration
    statement = next(
        (item for item in migration.statements if item.position.line <= finding.line <= item.last_line), None
    )
    line = statement.position.line if statement else 1
    text = migration.source.line(line)
    start = migration.source.offset(Position(line, 1))
    indent = text[: len(text) - len(text.lstrip())] if statement else ""
    return Edit(start, start, f"{indent}-- ctb:allow {finding.guideline}: \n")


def hover(document: Document, findings: Iterable[Finding], replayed: Replayed | None, at: Position) -> str:
    """The guidelines of the findings at a place, and what the last replay saw of the statement there, as Markdown."""
    guidelines = document.guidelines
    parts = []
    for finding in findings:
        end = end_of(finding, document.migration)
        if (finding.line, finding.column) <= at <= end:
            parts.append(_page(guidelines[finding.guideline], finding))
    statement = _statement(document, at)
    trace = replayed.at(statement.position.line) if replayed and statement else None
    if trace and (facts := seen(trace)):
        parts.append(f"**What Postgres did here** (`pytest --ctb`)\n\n{facts}")
    return "\n\n---\n\n".join(dict.fromkeys(parts))


def _page(guideline: Guideline, finding: Finding) -> str:
    parts = [
        f"**{guideline.code} {guideline.id}**: {guideline.title}",
        " ".join(guideline.what.split()),
        f"Why: {' '.join((finding.why or guideline.why).split())}",
    ]
    if finding.instead:
        parts.append(f"Instead:\n\n```sql\n{finding.instead}\n```")
    if "://" in guideline.page:
        parts.append(f"[{guideline.code}]({guideline.page})")
    return "\n\n".join(parts)


def _statement(document: Document, at: Position) -> Statement | None:
    statements = document.migration.statements
    return next((item for item in statements if item.position.line <= at.line <= item.last_line), None)


def completions(document: Document, at: Position) -> list[types.CompletionItem]:
    """What can stand at a place: header fields and guideline ids in comments, names of tables in SQL."""
    before = document.migration.source.line(at.line)[: at.column - 1]
    if _ALLOW.search(before):
        return [
            types.CompletionItem(guideline.id, detail=guideline.title, insert_text=f"{guideline.id}: ")
            for guideline in document.suite.guidelines
        ]
    if _FIELD.search(before):
        return list(_header_fields(document))
    if "--" in before:
        return []
    word = _RELATION.search(before)
    typed = word[0] if word else ""
    start = types.Position(at.line - 1, at.column - 1 - len(typed))
    end = types.Position(at.line - 1, at.column - 1)
    return [
        types.CompletionItem(
            name,
            kind=types.CompletionItemKind.Struct,
            detail="table",
            text_edit=types.TextEdit(types.Range(start, end), name),
        )
        for name in _tables(document)
    ]


def _header_fields(document: Document) -> Iterator[types.CompletionItem]:
    """The fields of the header that the file lacks, each with its example."""
    guideline = document.guidelines.get("ctb-header")
    if guideline is None or "ctb-header" not in checks():
        return
    given = {header_field.name for header_field in document.migration.header}
    for name, rule in guideline.options.fields.items():
        if name not in given:
            yield types.CompletionItem(
                name,
                kind=types.CompletionItemKind.Field,
                detail=f"header field, such as {rule.example}",
                insert_text=f"{name}: ",
            )


def _tables(document: Document) -> list[str]:
    """The tables that the migrations make, by name."""
    names = set()
    for migration in document.suite.repository.migrations:
        for statement in migration.statements:
            made = created(statement) if statement.tag in {"CREATE TABLE", "CREATE TABLE AS", "CREATE VIEW"} else None
            if made and not made.temporary:
                names.add(f"{made.schema}.{made.name}" if made.schema else made.name)
    return sorted(names)


def _range(start: Position, end: Position) -> types.Range:
    return types.Range(types.Position(start.line - 1, start.column - 1), types.Position(end.line - 1, end.column - 1))
