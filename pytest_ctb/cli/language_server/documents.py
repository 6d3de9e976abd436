"""The files that an editor has open: whose repository they are of, and what is found in their text."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pytest_ctb.cli.check import results_of
from pytest_ctb.cli.project import Project
from pytest_ctb.config import ini
from pytest_ctb.config.databases import config_around, configs_from
from pytest_ctb.errors import CtbError
from pytest_ctb.guide.questions import Suite, with_text
from pytest_ctb.model import Finding, Guideline, Migration
from pytest_ctb.report import Outcome
from pytest_ctb.repository.files import bytes_shown
from pytest_ctb.repository.paths import relative


@dataclass(frozen=True)
class Document:
    """A migration with the text that the editor shows, and its findings."""

    project: Project
    migration: Migration
    """Read from the editor's text."""
    findings: tuple[Finding, ...]
    """The new ones, by their place."""
    suite: Suite
    error: str = ""
    """Why a guideline could not be judged, where its check crashed: the first such reason."""

    @property
    def guidelines(self) -> Mapping[str, Guideline]:
        """Every guideline that is switched on, by id."""
        return {guideline.id: guideline for guideline in self.suite.guidelines}


class Documents:
    """Reads repositories once, and each text as it is typed."""

    def __init__(self) -> None:
        self._projects: dict[Path, Project | None] = {}
        """By folder; None for a folder that no repository has among its migrations."""

    def read(self, path: Path, text: str) -> Document | None:
        """A file with the text that the editor has; None for a file that is no migration.

        Raises ConfigError where the repository cannot be read, OSError where a file of it cannot.
        """
        project = self._project(path.parent)
        migration = project.suite.repository.by_path.get(relative(project.root, path)) if project else None
        if project is None or migration is None or migration not in project.suite.repository.migrations:
            return None
        suite = with_text(project.suite, migration, bytes_shown(path, text))
        changed = suite.repository.by_path[migration.path]
        results = results_of([(suite, [changed])])
        new = tuple(finding for finding in results.findings if finding.status == "new" and finding.file == changed.path)
        errors = (answer for answer in results.answers if answer.outcome is Outcome.ERROR)
        error = next((f"{answer.question.guideline.code} is not judged: {answer.reason}" for answer in errors), "")
        return Document(project, changed, new, suite, error)

    def look_for(self, path: Path) -> None:
        """Read the repository of a file again where the file is new in it."""
        with contextlib.suppress(CtbError, OSError):  # shown when it is read
            project = self._project(path.parent)
            if project and relative(project.root, path) not in project.suite.repository.by_path:
                self.forget()

    def forget(self) -> None:
        """Read every repository again when it is asked for: a file of one was saved, made or removed."""
        self._projects.clear()

    def _project(self, folder: Path) -> Project | None:
        if folder not in self._projects:
            project = _around(folder)
            same = (other for other in self._projects.values() if project and other and _same(other, project))
            self._projects[folder] = next(same, project)
        return self._projects[folder]


def _same(project: Project, other: Project) -> bool:
    return (project.root, project.config.migrations) == (other.root, other.config.migrations)


def _around(folder: Path) -> Project | None:
    """The repository whose migrations lie in a folder or above it; None where there is none."""
    configured = ini.find(folder)
    config = config_around(folder, configured, lambda root: configs_from(root, configured.values, root))
    return Project(config) if config else None
