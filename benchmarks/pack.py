"""What the pack `online` adds to evidence and verdicts: processor time, the server's too, on real-shaped histories."""

from __future__ import annotations

import resource
import shutil
import sys
from contextlib import suppress
from pathlib import Path

from bounds import PACK, Bound, Figure, Found
from timing import Plan, in_turn, ran

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import NotJudgedError
from pytest_ctb.guide.judge import judge
from pytest_ctb.guide.questions import load_suite
from pytest_ctb.replay.orchestrate import Orchestrator

_HISTORIES = Path(__file__).parent.parent / "tests" / "histories"
_PROFILES = {"without": "extends: ctb\n", "with": "extends: [ctb, online]\n"}


def measure(plan: Plan) -> list[Found]:
    """The histories of the tests with and without it, in turns; the machine's other work costs no processor time."""
    names = sorted(folder.name for folder in _HISTORIES.iterdir())[: 1 if plan.quick else None]
    for name in names:
        for profile, text in _PROFILES.items():
            folder = _folder(plan, name, profile)
            shutil.copytree(_HISTORIES / name / "migrations", folder / "migrations")
            (folder / "rules").mkdir()
            (folder / "rules" / "_profile.yml").write_text(text)
    without, with_it = in_turn(
        min(plan.repeat, 3),
        *(lambda profile=profile: sum(_evidence(plan, name, profile) for name in names) for profile in _PROFILES),
    )
    files = sum(len(list((_HISTORIES / name / "migrations").iterdir())) for name in names)
    return [
        Figure(f"evidence and verdicts of {files:,} files, processor time", without, "s"),
        Figure("the same with the pack online", with_it, "s"),
        Figure("with the pack : without", with_it / without, "", Bound(PACK)),
    ]


def _folder(plan: Plan, name: str, profile: str) -> Path:
    return plan.top / f"{name}-{profile}"


def _evidence(plan: Plan, name: str, profile: str) -> float:
    """Its processor time, had in a process of its own."""
    command = [sys.executable, Path(__file__).resolve(), plan.where]
    return float(ran(command, _folder(plan, name, profile)).output.split()[-1])


def _evidence_here(where: str) -> float:
    """What `_evidence` runs; what it takes to read the files is left out."""
    root = Path.cwd()
    suite = load_suite(root, [root / "migrations"], [], root / "rules")
    begin = _processor_seconds()
    settings = Settings(where, processes=1, trials=suite.trials, queries=suite.queries)
    seen = Orchestrator(suite.repository, settings).replay()
    for questions in suite.questions.values():
        for question in questions:
            with suppress(NotJudgedError):
                judge(question, seen)
    if failed := [path for path, file in seen.files.items() if not file.applied]:
        sys.exit(f"not replayed: {failed}")
    return _processor_seconds() - begin


def _processor_seconds() -> float:
    """Of this process, and of those below it that have ended: the server is one."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


if __name__ == "__main__":
    print(_evidence_here(sys.argv[1]))
