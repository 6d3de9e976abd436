"""The guidelines there are, for tests that count them, name them or choose among them.

All comes from the guideline files and the registered checks: a new guideline changes no list in a test.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_ctb.checks import Scope, checks
from pytest_ctb.config.packaged import packaged_by_name
from pytest_ctb.guide import guideline_files
from pytest_ctb.guide.declarative import check_of
from pytest_ctb.model import Guideline, Level, Order, Repository

RULES = Path(__file__).parent.parent / "rules"
OPTIONS = {name: check.options for name, check in checks().items()}
GUIDELINES = guideline_files.load(RULES.parent, RULES, OPTIONS)
"""Every packaged guideline, in the order of the codes; those of level `off` too."""
PACKS = {
    guideline.id: guideline
    for folder in sorted((RULES / "packs").iterdir())
    for guideline in guideline_files.load(RULES.parent, folder, OPTIONS)
}
"""The guidelines of the packs, by their ids."""
OF_THE_GUIDE = {name: check for name, check in checks().items() if name not in PACKS}
"""The checks of the guide itself, by their ids."""
OF_A_FILE = {Scope.FILE, Scope.FILES, Scope.REPLAY}
"""The scopes of the guidelines that are asked about every migration there is."""


def profile(name: str) -> tuple[Guideline, ...]:
    """The guidelines of a packaged profile."""
    return guideline_files.load(Path(), packaged_by_name()[name], OPTIONS)


def switched_on(guidelines: Iterable[Guideline], repository: Repository | None = None) -> list[Guideline]:
    """Those that hold in a repository; without one, in any that has migrations and nothing else."""
    has = repository or Repository(Path(), (), (), Order())
    return [
        guideline for guideline in guidelines if guideline.level is not Level.OFF and check_of(guideline).about(has)
    ]


def of_each_file(guidelines: Iterable[Guideline] = GUIDELINES) -> list[str]:
    """The ids of the guidelines that make one test for each migration, in the order of the codes."""
    return [guideline.id for guideline in switched_on(guidelines) if check_of(guideline).scope in OF_A_FILE]


def live_of_each_file(guidelines: Sequence[Guideline] = GUIDELINES) -> list[str]:
    """Those of them that need a server."""
    live = {guideline.id for guideline in guidelines if check_of(guideline).scope.live}
    return [name for name in of_each_file(guidelines) if name in live]


def of_the_schema(guidelines: Iterable[Guideline] = GUIDELINES) -> list[str]:
    """The subjects of the guidelines about the whole schema: each makes one test."""
    return [
        subject for guideline in switched_on(guidelines) for subject in check_of(guideline).subjects(guideline.options)
    ]
