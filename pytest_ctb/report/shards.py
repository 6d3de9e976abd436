"""Reports of shards: each holds what its run saw of a part of the history; together they are judged as one run's.

pytest --ctb --ctb-shard 2/5 --ctb-report=x.json -> shard_of -> x.json -> read_parts -> merged -> Results
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from pytest_ctb import __version__
from pytest_ctb.config.settings import Settings
from pytest_ctb.config.shard import Shard
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.questions import Question, Suite
from pytest_ctb.model import Evidence, FileEvidence, PartialEvidence
from pytest_ctb.replay.cache import digest, inputs
from pytest_ctb.replay.summary import summed_up
from pytest_ctb.report.records import packed, unpacked
from pytest_ctb.report.results import Answer, JudgedDatabase, Outcome, Results, answer

_WHAT = {
    "version": "another version of pytest-ctb",
    "files": "other files (another commit, or another layout)",
    "settings": "other settings",
    "guidelines": "other guidelines, or another baseline",
    "server": "another Postgres",
}
"""What two shards may differ in, in words."""


class Watched(NamedTuple):
    """One database of a run."""

    suite: Suite
    settings: Settings
    server: str
    """Which Postgres replayed, as far as the run knew."""
    evidence: PartialEvidence | None
    """None where no test of the run needed a server."""


class Options(NamedTuple):
    """What the command line of a run says of what it judges; the rest stands in the ini file."""

    given: Mapping[str, Any]
    """The options that have an ini key, by that key."""
    start: str
    """The folder that their paths are relative to, from the root."""
    database: str
    """The one that was chosen, of several; empty where none was."""
    since: str
    """The git revision since which files count as changed; empty for all files."""
    strict: bool
    """A warning fails its test (`-W error`)."""


def shard_of(shard: Shard, options: Options, results: Results, watched: Iterable[Watched]) -> Mapping[str, Any]:
    """What the JSON report of a shard holds for `ctb merge`."""
    return {
        "number": shard.number,
        "of": shard.of,
        "version": __version__,
        "options": options._asdict(),
        "began": results.began.isoformat(),
        "seconds": results.seconds,
        "answers": [
            {
                "test": answer.id,
                "outcome": str(answer.outcome),
                "seconds": round(answer.seconds, 6),
                **({"reason": answer.reason} if answer.outcome is Outcome.ERROR else {}),
            }
            for answer in results.answers
        ],
        "databases": [
            {
                "name": database.suite.repository.database,
                "server": database.server,
                **_inputs(database.suite, database.settings),
                "evidence": packed(database.evidence),
            }
            for database in watched
        ],
    }


def _inputs(suite: Suite, settings: Settings) -> Mapping[str, str]:
    """Digests of all that the verdicts of a database depend on, but for its evidence and the programs."""
    repository = suite.repository
    guidelines = [
        {name: value for name, value in packed(guideline).items() if name not in {"path", "lines", "examples"}}
        for guideline in suite.guidelines
    ]
    judged_by = [guidelines, packed(suite.baseline), packed(repository.sizes), packed(repository.contracts)]
    return {**inputs(settings, repository), "guidelines": digest(json.dumps(judged_by))}


# --- and back -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PartOfDatabase:
    """What a shard saw of one database."""

    name: str
    inputs: Mapping[str, str]
    evidence: PartialEvidence | None


@dataclass(frozen=True)
class Part:
    """The report of one shard."""

    path: Path
    shard: Shard
    options: Options
    began: datetime
    seconds: float
    answers: Mapping[str, Mapping[str, Any]]
    """By test id: its outcome and seconds, and the reason of an error."""
    databases: tuple[PartOfDatabase, ...]


def read_parts(paths: Sequence[Path]) -> tuple[Part, ...]:
    """The reports of all shards of one run, by their numbers.

    Raises ConfigError where a file is none, one is missing or there twice, or they do not fit together.
    """
    parts = sorted((_read(path) for path in paths), key=lambda part: part.shard.number)
    first = parts[0]
    for part in parts[1:]:
        if part.shard.of != first.shard.of:
            raise ConfigError(
                f"{first.path} is shard {first.shard} and {part.path} is shard {part.shard}: they are parts of two runs"
            )
    for number, count in Counter(part.shard.number for part in parts).items():
        if count > 1:
            names = ", ".join(str(part.path) for part in parts if part.shard.number == number)
            raise ConfigError(f"shard {number}/{first.shard.of} was given {count} times: {names}")
    if missing := sorted({*range(1, first.shard.of + 1)} - {part.shard.number for part in parts}):
        names = ", ".join(f"{number}/{first.shard.of}" for number in missing)
        raise ConfigError(f"the report of {'shards' if missing[1:] else 'shard'} {names} is missing")
    for part in parts[1:]:
        _refuse_other_inputs(part, first)
    return tuple(parts)


def _read(path: Path) -> Part:
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: is not JSON: {error}") from error
    if not isinstance(document, dict) or document.get("version") != 1 or "findings" not in document:
        raise ConfigError(f"{path}: is not a JSON report of pytest --ctb")
    if "shard" not in document:
        raise ConfigError(f"{path}: is the report of a whole run; ctb merge takes those of pytest --ctb --ctb-shard")
    said = document["shard"]
    try:
        if said["version"] != __version__:
            raise ConfigError(f"{path}: was written by pytest-ctb {said['version']}; this is {__version__}")
        return Part(
            path,
            Shard(int(said["number"]), int(said["of"])),
            Options(**said["options"]),
            datetime.fromisoformat(said["began"]),
            float(said["seconds"]),
            {answer["test"]: answer for answer in said["answers"]},
            tuple(
                PartOfDatabase(
                    database["name"],
                    {name: database[name] for name in _WHAT if name in database},
                    unpacked(PartialEvidence | None, database["evidence"]),
                )
                for database in said["databases"]
            ),
        )
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ConfigError(f"{path}: its part `shard` cannot be read: {error}") from error


def _refuse_other_inputs(part: Part, first: Part) -> None:
    if [database.name for database in part.databases] != [database.name for database in first.databases]:
        raise ConfigError(f"{part.path} is of other databases than {first.path}")
    if part.options != first.options:
        raise ConfigError(f"{part.path} is of a run with other options than {first.path}")
    for database, of_first in zip(part.databases, first.databases, strict=True):
        _refuse(f"{part.path} was made", database.inputs, of_first.inputs, str(first.path))


def _refuse(whose: str, inputs: Mapping[str, str], others: Mapping[str, str], than: str) -> None:
    for name, what in _WHAT.items():
        if inputs.get(name) and others.get(name) and inputs[name] != others[name]:
            raise ConfigError(f"{whose} with {what} than {than}")


def merged(parts: Sequence[Part], databases: Sequence[tuple[Suite, Settings]]) -> Results:
    """The results of one run, of the evidence that all shards saw.

    `databases`: each as it is read here, in the order of the shards. Raises ConfigError where they are not what the
    shards saw, or a shard saw nothing.
    """
    for place, (suite, settings) in enumerate(databases):
        _refuse(
            f"{parts[0].path} was made", parts[0].databases[place].inputs, _inputs(suite, settings), "there are here"
        )
    answers = {test: answer for part in parts for test, answer in part.answers.items()}
    if parts[0].options.since:
        files = {question.file for suite, _ in databases for question in _questions(suite) if question.id in answers}
        databases = [(suite.only(files), settings) for suite, settings in databases]
    evidence = {
        suite.repository: _evidence(suite, [part.databases[place] for part in parts], parts)
        for place, (suite, _) in enumerate(databases)
        if any(question.live and question.id in answers for question in _questions(suite))
    }
    asked = {
        question.id: question for suite, _ in databases for question in _questions(suite) if question.id in answers
    }
    judged = tuple(
        _answer(question, evidence.get(question.repository), answers[test], strict=parts[0].options.strict)
        for test, question in asked.items()
    )
    if unknown := answers.keys() - asked.keys():
        raise ConfigError(
            f"{min(unknown)} is a test of the shards, but not of this checkout. Did they run on another commit?"
        )
    if not judged:
        raise ConfigError("the shards ran no test: there is nothing to merge")
    return Results(
        tuple(JudgedDatabase(suite, evidence.get(suite.repository)) for suite, _ in databases),
        judged,
        min(part.began for part in parts),
        max(part.seconds for part in parts),
    )


def _questions(suite: Suite) -> Iterable[Question]:
    return (question for questions in suite.questions.values() for question in questions)


def _evidence(suite: Suite, of_parts: Sequence[PartOfDatabase], parts: Sequence[Part]) -> Evidence:
    files: dict[str, FileEvidence] = {}
    for of_part, part in zip(of_parts, parts, strict=True):
        if of_part.evidence is None:
            raise ConfigError(f"{part.path}: its run did not reach its end, so it observed nothing of the history")
        files |= of_part.evidence.files
    last = of_parts[-1].evidence
    assert last is not None
    missing = [migration.path for migration in suite.repository.migrations if migration.path not in files]
    if missing or last.final is None:
        raise ConfigError(f"no shard saw {missing[0] if missing else 'the schema that all migrations make'}")
    return summed_up(suite.repository, PartialEvidence(files, last.bases, last.final))


def _answer(question: Question, evidence: Evidence | None, before: Mapping[str, Any], *, strict: bool) -> Answer:
    """The answer to a question now that all is known; an error of its shard stays one, and what a warning failed."""
    now = answer(question, evidence if question.live else None)
    seconds, outcome = float(before["seconds"]), Outcome(before["outcome"])
    if outcome is Outcome.ERROR:
        return Answer(question, outcome, now.findings, str(before.get("reason", "")), seconds)
    failed = now.outcome is Outcome.WARNING and (strict or outcome is Outcome.FAILED)
    return Answer(question, Outcome.FAILED if failed else now.outcome, now.findings, now.reason, seconds)
