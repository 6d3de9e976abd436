"""What changed since an earlier JSON report: which findings are new, which are gone, which are still there."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Finding
from pytest_ctb.report.json import from_dict
from pytest_ctb.report.results import EarlierReport, Outcome, Results
from pytest_ctb.repository.files import read_bytes
from pytest_ctb.repository.git import Revision

_NUMBER = re.compile(r"(?<![\w.])\d[\d,.]*(?!\w)")
"""A number that stands alone, as a count of rows does; `item_2` is a name."""
_TEXTS = ("guideline", "code", "file", "message", "level", "status")


@dataclass(frozen=True)
class Comparison:
    """The findings of a run beside those of an earlier report."""

    earlier: EarlierReport
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    """As the earlier report has them; their checks ran."""
    still: tuple[Finding, ...]
    unjudged: tuple[Finding, ...]
    """As the earlier report has them: this run did not judge them, so nobody knows whether they are gone."""

    def __str__(self) -> str:
        words = f"{len(self.new):,} new, {len(self.gone):,} gone, {len(self.still):,} still there"
        return words + (f", {len(self.unjudged):,} not judged this time" if self.unjudged else "")


def read(path: Path) -> EarlierReport:
    """Read a JSON report. Raises ConfigError where there is none."""
    try:
        document = json.loads(read_bytes(path))
    except OSError as error:
        raise ConfigError(f"--ctb-compare {path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"--ctb-compare {path}: not a JSON report: {error}") from error
    if not isinstance(document, dict) or document.get("version") != 1 or not isinstance(document.get("findings"), list):
        raise ConfigError(f"--ctb-compare {path}: not a JSON report. `--ctb-report report.json` writes one")
    findings = tuple(
        _finding(values, f"--ctb-compare {path}: findings[{number}]")
        for number, values in enumerate(document["findings"])
    )
    return EarlierReport(path, findings, _revision(document.get("revision")))


def _finding(values: Any, place: str) -> Finding:
    """A finding without keys that a later version of this package may add."""
    known = {field.name for field in dataclasses.fields(Finding)} | {"evidence"}
    kept = {key: value for key, value in values.items() if key in known} if isinstance(values, dict) else {}
    texts = all(isinstance(kept.get(key), str) for key in _TEXTS)
    if not texts or not all(isinstance(kept.get(key), int) for key in ("line", "column")):
        raise ConfigError(f"{place}: lacks the keys of a finding")
    try:
        return from_dict(kept)
    except ValueError as error:
        raise ConfigError(f"{place}: {error}") from error


def _revision(values: Any) -> Revision | None:
    try:
        revision = Revision(**values)
    except TypeError:  # none, or that of a later version
        return None
    return revision if all(isinstance(text, str) for text in revision[:3]) else None


def compared(results: Results) -> Comparison | None:
    """The findings of a run beside those of an earlier report, whatever their status; None without such a report.

    Two are the same where guideline, file and message agree. Lines may move, and counts in the message may change.
    """
    if results.earlier is None:
        return None
    before, now = results.earlier.findings, results.findings
    gone, new = dict(enumerate(before)), dict(enumerate(now))
    for words in (attrgetter("message"), _words):
        by_key: dict[Hashable, list[int]] = defaultdict(list)
        for number, finding in reversed(gone.items()):
            by_key[_subject(finding), words(finding)].append(number)
        for number, finding in tuple(new.items()):
            same = by_key.get((_subject(finding), words(finding)))
            if same:
                del gone[same.pop()], new[number]
    judged = _judged(results)
    return Comparison(
        results.earlier,
        tuple(new.values()),
        tuple(finding for finding in gone.values() if judged(finding)),
        tuple(finding for number, finding in enumerate(now) if number not in new),
        tuple(finding for finding in gone.values() if not judged(finding)),
    )


def _subject(finding: Finding) -> tuple[str, str, str]:
    return finding.guideline, finding.file, finding.database


def _words(finding: Finding) -> str:
    return _NUMBER.sub("", finding.message)


def _judged(results: Results) -> Callable[[Finding], bool]:
    """Whether this run can tell that an earlier finding is gone: its check ran, or its file is no more."""
    files = {*results.by_path}
    migrations = {file.path for database in results.databases for file in database.suite.repository.migrations}
    answered = {answer.id for answer in results.answers if answer.outcome not in {Outcome.SKIPPED, Outcome.ERROR}}
    by_file: set[tuple[str, str]] = set()
    of_schema: dict[str, bool] = {}
    """Of the guidelines about a schema as a whole, whether each of their questions was answered."""
    for database in results.databases:
        for question in (question for questions in database.suite.questions.values() for question in questions):
            guideline, ran = question.guideline.id, question.id in answered
            if question.file not in migrations:
                of_schema[guideline] = ran and of_schema.get(guideline, True)
            elif ran:
                by_file.add((guideline, question.file))

    def judged(finding: Finding) -> bool:
        if finding.guideline in of_schema:
            return of_schema[finding.guideline]
        return (finding.guideline, finding.file) in by_file or finding.file not in files

    return judged
