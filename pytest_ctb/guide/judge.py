"""Answer a question: its findings, marked where the file allows them or the baseline has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_ctb.checks import Case, Function, Scope, unobserved_reason
from pytest_ctb.errors import NotJudgedError, trial_error
from pytest_ctb.guide.questions import Question
from pytest_ctb.model import Baseline, Evidence, Finding, Level, Migration, Trouble
from pytest_ctb.repository.baseline import file_of, matched


def judge(question: Question, evidence: Evidence | None = None) -> tuple[Finding, ...]:
    """The findings, each with its status.

    Without `evidence` a live question is answered from the text of the file alone (`Check.by_text`), and so is a
    question about a single file (`Question.alone`). Raises NotJudgedError where the guideline cannot be judged here,
    TrialError where the suite failed at this file, and whatever a broken check raises.
    """
    check, files = question.check, question.repository.by_path
    if question.migration.only_rolls_back and check.id != "replay":
        raise NotJudgedError("it rolls back a migration that is not there (see `replay`)")
    if question.alone or (evidence is None and question.live):
        return _by_text(question)
    needed = evidence if evidence and check.scope.live else None
    if needed and (trouble := _trouble(needed, question)):
        raise trial_error(question.file, trouble.line, trouble.trial, trouble.message)
    _refuse_binary(question)
    case = Case(
        guideline=question.guideline,
        options=question.guideline.options,
        subject=question.subject,
        migration=question.migration,
        all_files=None if check.scope is Scope.FILE else question.repository,
        evidence=needed,
        guide=question.guide,
        others=_judged(question.others, question.subject, evidence) if question.others else {},
        baseline=question.baseline.path,
        known=question.baseline.files.get(question.subject, ()),
    )
    findings = _run_check(check.function, case, files)
    # Whether the file applies was observed, whatever else could not be: `replay` stays judged.
    if not findings and check.scope is Scope.REPLAY and check.id != "replay" and (why := unobserved_reason(case)):
        raise NotJudgedError(why)
    return _placed(_mark_baselined(findings, files, question.baseline), question) if findings else ()


def _by_text(question: Question) -> tuple[Finding, ...]:
    """The findings of a check that reads the text alone; none where the check needs evidence."""
    check, guideline = question.check, question.guideline
    if check.by_text is None:
        return ()
    _refuse_binary(question)
    files_seen = None if check.scope is Scope.FILE else question.repository
    case = Case(guideline, guideline.options, question.subject, question.migration, files_seen, guide=question.guide)
    files = question.repository.by_path
    return _placed(_mark_baselined(_run_check(check.by_text, case, files), files, question.baseline), question)


def _placed(findings: tuple[Finding, ...], question: Question) -> tuple[Finding, ...]:
    """Findings with the database that they are of, and with their owner: that of the guideline, else of the file."""
    repository, owner = question.repository, question.guideline.owner
    if not findings or not (repository.database or owner or repository.owners):
        return findings
    return tuple(
        replace(finding, database=repository.database, owner=owner or _owner(finding, question)) for finding in findings
    )


def _owner(finding: Finding, question: Question) -> str:
    """The owner of the file of a finding; of a packaged guideline, that of the file in its test ids."""
    inside = not finding.file.startswith(("/", "../"))
    owners = question.repository.owners
    return owners.of(finding.file if inside else question.file) if owners else ""


def _refuse_binary(question: Question) -> None:
    migration = question.migration
    if not migration.binary or not question.check.reads_text:
        return
    if migration.data or migration.problem is None:
        raise NotJudgedError("the file is not text: it holds a NUL byte")
    raise NotJudgedError(f"the file was not read: {migration.problem.message}")


def _trouble(evidence: Evidence, question: Question) -> Trouble | None:
    """The failure of the suite at the file of a question, or at the whole schema; None where it did not fail."""
    file = evidence.of(question.subject)
    whole = question.check.scope in (Scope.BASE, Scope.SCHEMA)
    return (file.trouble if file else None) or (evidence.trouble if whole else None)


def _judged(
    questions: Iterable[Question], path: str, evidence: Evidence | None
) -> Mapping[str, tuple[Finding, ...] | None]:
    """The findings in one file by guideline id; None for a guideline that cannot be judged."""
    judged: dict[str, tuple[Finding, ...] | None] = {}
    for question in questions:
        before = judged.get(question.guideline.id, ())
        try:
            findings = tuple(finding for finding in judge(question, evidence) if file_of(finding) == path)
        except NotJudgedError:
            judged[question.guideline.id] = None
        else:
            judged[question.guideline.id] = None if before is None else (*before, *findings)
    return judged


def _run_check(function: Function, case: Case[Any], files: Mapping[str, Migration]) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    try:
        for finding in function(case):
            if finding.level is not Level.OFF:  # its cause may be off
                findings.append(_mark_allowed(finding, files.get(finding.file, case.migration)))  # noqa: PERF401  # keeps the findings before an error
    except NotJudgedError:
        # A check may raise at a statement that it cannot read: its findings before that count.
        if not findings:
            raise
    return tuple(sorted(findings, key=lambda finding: (finding.line, finding.column))) if findings else ()


def _mark_allowed(finding: Finding, migration: Migration) -> Finding:
    for allow in migration.allows:
        names_it = allow.guideline in {finding.guideline, finding.code}
        if names_it and allow.reason and allow.first_line <= finding.line <= allow.last_line:
            return replace(finding, status="allowed", reason=allow.reason)
    return finding


def _mark_baselined(
    findings: tuple[Finding, ...], files: Mapping[str, Migration], baseline: Baseline
) -> tuple[Finding, ...]:
    """The findings of one guideline, those that the baseline lists with the status `baselined`."""
    if not findings or not baseline.entries:
        return findings
    marked = list(findings)
    for file in {file_of(finding) for finding in findings}:
        known = [entry for entry in baseline.files.get(file, ()) if entry.guideline == findings[0].guideline]
        new = [i for i, finding in enumerate(marked) if finding.status == "new" and file_of(finding) == file]
        entries, _ = matched([marked[i] for i in new], files.get(file), known)
        for i, entry in zip(new, entries, strict=True):
            if entry:
                marked[i] = replace(marked[i], status="baselined", reason=entry.reason or f"known in {baseline.path}")
    return tuple(marked)
