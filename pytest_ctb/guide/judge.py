"""A question to its findings, those marked that the file allows or the baseline knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_ctb.checks import Case, Function, Scope, unseen
from pytest_ctb.errors import NotJudgedError, trial_error
from pytest_ctb.guide.questions import Question
from pytest_ctb.model import Baseline, Evidence, Finding, Migration, Trouble
from pytest_ctb.repository.baseline import file_of, matched


def judge(question: Question, evidence: Evidence | None = None) -> tuple[Finding, ...]:
    """The findings, each with its status.

    Without `evidence`, a question that needs it is answered as far as the text of the file tells; so is every one where
    the file is all that is known. Raises NotJudgedError where the guideline cannot be judged here, TrialError where the
    suite failed at this file, and whatever a broken check raises.
    """
    check, files = question.check, question.repository.by_path
    if question.alone or (evidence is None and question.live):
        return _by_text(question)
    watched = evidence if check.scope.live else None
    if watched and (trouble := _trouble(watched, question)):
        raise trial_error(question.file, trouble.line, trouble.trial, trouble.message)
    _refuse_binary(question)
    case = Case(
        guideline=question.guideline,
        options=question.guideline.options,
        subject=question.subject,
        migration=question.migration,
        every_file=None if check.scope is Scope.FILE else question.repository,
        watched=watched,
        guide=question.guide,
        others=_judged(question.others, question.subject, evidence),
        baseline=question.baseline.path,
        known=question.baseline.files.get(question.subject, ()),
    )
    findings = _findings(check.function, case, files)
    # That it applies, and with which error it does not, was seen whatever it did.
    if not findings and check.scope is Scope.REPLAY and check.id != "replay" and (why := unseen(case)):
        raise NotJudgedError(why)
    return _but_known(findings, files, question.baseline)


def _by_text(question: Question) -> tuple[Finding, ...]:
    """What the check says of a file by its text alone; nothing where it needs more."""
    if question.check.by_text is None:
        return ()
    _refuse_binary(question)
    migration = question.migration
    case = Case(question.guideline, question.guideline.options, question.subject, migration, guide=question.guide)
    files = question.repository.by_path
    return _but_known(_findings(question.check.by_text, case, files), files, question.baseline)


def _refuse_binary(question: Question) -> None:
    migration = question.migration
    if not migration.binary or not question.check.reads_text:
        return
    if migration.data or migration.problem is None:
        raise NotJudgedError("the file is not text: it holds a NUL byte")
    raise NotJudgedError(f"the file was not read: {migration.problem.message}")


def _trouble(evidence: Evidence, question: Question) -> Trouble | None:
    """What the suite failed with where this question would have its answer."""
    fared = evidence.of(question.subject)
    whole = question.check.scope in (Scope.BASE, Scope.SCHEMA)
    return (fared.trouble if fared else None) or (evidence.trouble if whole else None)


def _judged(
    questions: Iterable[Question], path: str, evidence: Evidence | None
) -> Mapping[str, tuple[Finding, ...] | None]:
    """What questions find in a file, by the ids of their guidelines; None where one of them cannot be judged."""
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


def _findings(function: Function, case: Case[Any], files: Mapping[str, Migration]) -> tuple[Finding, ...]:
    findings: list[Finding] = []
    try:
        for finding in function(case):
            findings.append(_allowed(finding, files.get(finding.file, case.migration)))  # noqa: PERF401  # what came before an error is kept
    except NotJudgedError:
        # What was found before the check came to where it could not go on is a finding all the same.
        if not findings:
            raise
    return tuple(sorted(findings, key=lambda finding: (finding.line, finding.column))) if findings else ()


def _allowed(finding: Finding, migration: Migration) -> Finding:
    for allow in migration.allows:
        named = allow.guideline in {finding.guideline, finding.code}
        if named and allow.reason and allow.first_line <= finding.line <= allow.last_line:
            return replace(finding, status="allowed", reason=allow.reason)
    return finding


def _but_known(
    findings: tuple[Finding, ...], files: Mapping[str, Migration], baseline: Baseline
) -> tuple[Finding, ...]:
    """The same findings of one guideline, those that the baseline knows with that status."""
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
