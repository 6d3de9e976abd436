"""What other tools and we say of the cases of the pack `online`: how many hazards each finds, how often it is wrong.

The cases are those of our own tests, each decided by a server (`tests/test_online_truth.py`): so our own numbers are no
surprise, and what is a hazard is not our opinion. Of each tool those rules count that are about the question;
docs/peers.md lists them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import NamedTuple

from bounds import Found, Grid, Skipped
from timing import Plan, environment

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.replay.orchestrate import Orchestrator

_ROOT = Path(__file__).parent.parent
sys.path.append(str(_ROOT / "tests"))

from online_cases import BEFORE, OnlineCase, before, every_case  # noqa: E402  # beside the tests

_PAGE = _ROOT / "docs" / "peers.md"
_BIN = Path(sys.executable).parent
_NODE = Path(sys.prefix) / "node_modules"
_SQLFLUFF_RULES = ("excessive_locks", "not_valid_foreign_key")
"""Those of its rules for Postgres, which are off by default."""
_BATCH = 8
"""So many cases are one history, as in the tests."""
_PROFILE = "extends: online\nguidelines:\n  lock-timeout: {options: {session: %s}}\n"


class Question(NamedTuple):
    """What may be a hazard in a case: it is one where one of these guidelines has to find something."""

    title: str
    codes: frozenset[str]
    themes: frozenset[str] = frozenset()
    """The files of cases that are about it; empty: all."""


BLOCKS = Question("blocks reads or writes while it works", frozenset({"ON01", "ON02"}))
ROWS = Question("changes many rows in one transaction", frozenset({"ON05"}))
TWO = Question("locks two tables", frozenset({"ON03"}))
CASCADE = Question("drops what it does not name", frozenset({"ON08"}))
TIMEOUT = Question("waits for a lock without a limit", frozenset({"ON04"}), frozenset({"lock-timeout"}))
QUESTIONS = (BLOCKS, ROWS, TWO, CASCADE, TIMEOUT)


class Said(NamedTuple):
    """A tool reports a rule in a file."""

    file: str
    """Its name without the folder."""
    rule: str


@dataclass(frozen=True)
class Peer:
    """A tool, and which of its rules are about which question."""

    name: str
    version: Callable[[], str]
    """Raises LookupError where it is not installed."""
    run: Callable[[Path], Iterator[Said]]
    """What it says of the files in a folder."""
    rules: Mapping[Question, str] = field(default_factory=dict)


def _output(command: Sequence[str | Path], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode not in {0, 1}:  # 1: it found something
        raise RuntimeError(f"{command[0]} ended with status {done.returncode}: {done.stderr[-2000:]}")
    return done.stdout


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.sql"))


def _squawk(folder: Path) -> Iterator[Said]:
    for finding in json.loads(_output([_BIN / "squawk", "--reporter", "json", *_files(folder)], folder)):
        yield Said(finding["file"], finding["rule_name"])


def _safemigrate(folder: Path) -> Iterator[Said]:
    command = [_BIN / "safemigrate-lint", "--severity", "critical,warning,style", *_files(folder)]
    for finding in json.loads(_output(command, folder)):
        yield Said(finding["file"], finding["rule_id"])


def _pgrubic(folder: Path) -> Iterator[Said]:
    text = _output([_BIN / "pgrubic", "lint", "--config", "lint.fix = false", "."], folder)
    for file, rule in re.findall(r"([\w-]+\.sql):\d+:\d+:.*?/rules/[\w-]+/([\w-]+)", text):
        yield Said(file, rule)


def _sqlfluff(folder: Path) -> Iterator[Said]:
    rules = "".join(f"[sqlfluff:rules:postgres.{name}]\nforce_enable = True\n" for name in _SQLFLUFF_RULES)
    (folder / ".sqlfluff").write_text(f"[sqlfluff]\ndialect = postgres\nrules = PG01, PG02\n{rules}")
    command = [_BIN / "sqlfluff", "lint", "--format", "json", "--disable-progress-bar", "."]
    for file in json.loads(_output(command, folder)):
        for violation in file["violations"]:
            yield Said(Path(file["filepath"]).name, violation["code"])


def _pgfence(folder: Path) -> Iterator[Said]:
    """Without what it calls of low risk: `instant metadata operation`, say."""
    command = [_NODE / ".bin" / "pgfence", "analyze", "--format", "sql", "--output", "json", *_files(folder)]
    for file in json.loads(_output(command, folder))["results"]:
        found = [check for check in file["checks"] if check["risk"] != "LOW"]
        for finding in (*found, *file.get("policyViolations", ())):
            yield Said(file["filePath"], finding["ruleId"])


def _pgls(folder: Path) -> Iterator[Said]:
    (folder / "postgres-language-server.jsonc").write_text(
        json.dumps({"db": {"disableConnection": True}, "linter": {"enabled": True, "rules": {"safety": {"all": True}}}})
    )
    command = [_NODE / ".bin" / "postgres-language-server", "check", "--disable-db", "--reporter=json"]
    text = _output([*command, "--max-diagnostics=100000", "."], folder)
    for finding in json.loads(text)["diagnostics"]:
        yield Said(Path(finding["location"]["path"]).name, finding["category"].rpartition("/")[2])


def _python(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        raise LookupError(f"{package} is not installed") from None


def _npm(package: str) -> str:
    try:
        return str(json.loads((_NODE / package / "package.json").read_text("utf-8"))["version"])
    except OSError:
        raise LookupError(f"{package} is not installed (npm)") from None


PEERS = (
    Peer(
        "squawk",
        partial(_python, "squawk-cli"),
        _squawk,
        {
            BLOCKS: "require-concurrent-index-creation require-concurrent-reindex constraint-missing-not-valid "
            "changing-column-type adding-field-with-default adding-not-nullable-field adding-foreign-key-constraint "
            "disallowed-unique-constraint adding-serial-primary-key-field prefer-repack",
            TIMEOUT: "require-lock-timeout",
        },
    ),
    Peer(
        "safemigrate-lint",
        partial(_python, "safemigrate-lint"),
        _safemigrate,
        {
            BLOCKS: "concurrent-index-create-required concurrent-reindex-required constraint-not-valid-required "
            "column-type-change-rewrites-table volatile-default-rewrites-table nullable-to-non-nullable-may-fail "
            "unique-constraint-exclusive-lock pk-constraint-exclusive-lock identity-column-add-rewrites "
            "stored-generated-column-rewrites table-logging-mode-rewrites refresh-matview-blocks-reads",
            ROWS: "update-delete-row-scope",
            TIMEOUT: "timeout-settings-required",
        },
    ),
    Peer(
        "pgrubic",
        partial(_python, "pgrubic"),
        _pgrubic,
        {
            BLOCKS: "non-concurrent-index-creation non-concurrent-reindex non-concurrent-refresh-materialized-view "
            "not-null-constraint-on-existing-column column-data-type-change new-column-with-volatile-default "
            "validating-check-constraint-on-existing-rows validating-foreign-key-constraint-on-existing-rows "
            "unique-key-constraint-creating-index primary-key-constraint-creating-index vacuum-full cluster "
            "adding-stored-generated-column adding-auto-increment-column adding-auto-increment-identity-column "
            "set-table-unlogged set-table-logged alter-table-set-tablespace",
            ROWS: "update-without-where-clause delete-without-where-clause",
            CASCADE: "drop-cascade",
        },
    ),
    Peer(
        "postgres-language-server",
        partial(_npm, "@postgres-language-server/cli"),
        _pgls,
        {
            BLOCKS: "requireConcurrentIndexCreation requireConcurrentReindex requireConcurrentRefreshMatview "
            "requireSeparateConstraintValidation constraintMissingNotValid changingColumnType addingNotNullField "
            "addingFieldWithDefault addingForeignKeyConstraint disallowUniqueConstraint addingPrimaryKeyConstraint "
            "addSerialColumn avoidAddingExclusionConstraint banVacuumFull avoidAttachingPartition "
            "runningStatementWhileHoldingAccessExclusive",
            ROWS: "banUpdateWithoutWhere banDeleteWithoutWhere",
            TWO: "avoidWideLockWindow",
            TIMEOUT: "lockTimeoutWarning",
        },
    ),
    Peer(
        "pgfence",
        partial(_npm, "@flvmnt/pgfence"),
        _pgfence,
        {
            BLOCKS: "create-index-not-concurrent alter-column-type alter-column-set-not-null add-constraint-unique "
            "add-constraint-check-no-not-valid add-constraint-fk-no-not-valid add-constraint-exclude add-column-serial "
            "add-column-non-constant-default add-column-stored-generated add-pk-without-using-index vacuum-full "
            "not-valid-validate-same-tx statement-after-access-exclusive",
            ROWS: "delete-without-where update-in-migration",
            TIMEOUT: "missing-lock-timeout",
        },
    ),
    Peer("sqlfluff", partial(_python, "sqlfluff"), _sqlfluff, {BLOCKS: "PG01 PG02"}),
)


def measure(plan: Plan) -> list[Found]:
    """Each tool over all cases, and we over all cases; a peer that is not installed is said so."""
    cases = list(every_case())[:: 20 if plan.quick else 1]
    folder = plan.top / "cases"
    folder.mkdir()
    for case in cases:
        (folder / _name(case)).write_text(case.sql, encoding="utf-8")
    rows, missing = [], list[Found]()
    for peer in PEERS:
        try:
            version = peer.version()
            said = set(peer.run(folder))
        except (LookupError, OSError, RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
            missing.append(Skipped(peer.name, str(error)))
            continue
        found = {question: _files_of(said, rules.split()) for question, rules in peer.rules.items()}
        rows.append(
            (f"{peer.name} {version}", *(_score(question, cases, found.get(question)) for question in QUESTIONS))
        )
    ours = _ours(plan, cases)
    found = {question: _files_of(ours, question.codes) for question in QUESTIONS}
    rows.append(("pytest-ctb", *(_score(question, cases, found[question]) for question in QUESTIONS)))
    counts = (
        "cases: hazards / harmless ones",
        *(" / ".join(str(len(files)) for files in _asked(question, cases)) for question in QUESTIONS),
    )
    grid = Grid(("", *(question.title for question in QUESTIONS)), (counts, *rows))
    if not plan.quick and not missing:
        _write(grid)
    return [grid, *missing]


def _name(case: OnlineCase) -> str:
    return f"{case.theme}-{case.number:03}.sql"


def _files_of(said: AbstractSet[Said], rules: Sequence[str] | AbstractSet[str]) -> set[str]:
    return {file for file, rule in said if rule in rules}


def _asked(question: Question, cases: Sequence[OnlineCase]) -> tuple[set[str], set[str]]:
    """The files of the cases that are a hazard, and of those that are none."""
    asked = [case for case in cases if not question.themes or case.theme in question.themes]
    hazards = {_name(case) for case in asked if question.codes & {code for code, _ in case.expected}}
    return hazards, {_name(case) for case in asked} - hazards


def _score(question: Question, cases: Sequence[OnlineCase], found: AbstractSet[str] | None) -> str:
    """How many hazards are found, and how many harmless cases are called one; empty where no rule asks."""
    if found is None:
        return "no rule"
    hazards, harmless = _asked(question, cases)
    return f"{len(found & hazards)} / {len(found & harmless)}"


def _ours(plan: Plan, cases: Sequence[OnlineCase]) -> set[Said]:
    """What the pack finds in each case, replayed as in a repository: behind the files that make its tables."""
    said: set[Said] = set()
    for number, theme in enumerate(dict.fromkeys(case.theme for case in cases)):
        some = [case for case in cases if case.theme == theme]
        for first in range(0, len(some), _BATCH):
            batch = some[first : first + _BATCH]
            root = plan.top / f"ours-{number}-{first}"
            files = {BEFORE: "\n".join(case.of(before()) for case in batch)}
            files |= {case.path: case.of(case.sql) for case in batch}
            files |= {f"migrations/2020-01-0{day}_create_more.sql": "SELECT 1;" for day in (1, 2, 3)}
            files["rules/_profile.yml"] = _PROFILE % ("''" if theme == "lock-timeout" else "5s")
            for path, text in files.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
            names = {case.path: _name(case) for case in batch}
            said |= {Said(names[file], code) for file, code in _findings(plan, root) if file in names}
    return said


def _findings(plan: Plan, root: Path) -> Iterator[tuple[str, str]]:
    suite = load_suite(root, [root / "migrations"], [], root / "rules")
    seen = Orchestrator(suite.repository, Settings(plan.where, trials=suite.trials, queries=suite.queries)).replay()
    for questions in suite.questions.values():
        for question in questions:
            with suppress(NotJudgedError):
                yield from ((finding.file, finding.code) for finding in judge(question, seen))


def _code(rule: str) -> str:
    return f"`{rule}`"


def _write(grid: Grid) -> None:
    """The page that compares the tools shows the table, and the rules that count."""
    count = len(list(every_case()))
    lines = [*grid.lines(), "", f"Of {count} cases, on {datetime.now(UTC):%Y-%m-%d}. Which of the rules count:", ""]
    for peer in PEERS:
        questions = [
            f"{question.title}: {', '.join(map(_code, rules.split()))}" for question, rules in peer.rules.items()
        ]
        lines.append(f"- {peer.name}: {'; '.join(questions)}")
    text = _PAGE.read_text("utf-8")
    start, end = "<!-- hazards -->\n", "<!-- end -->"
    before_it, _, rest = text.partition(start)
    _, _, behind = rest.partition(end)
    page = "\n".join([before_it + start.rstrip(), *lines, end + behind])
    _PAGE.write_text(page, encoding="utf-8")
