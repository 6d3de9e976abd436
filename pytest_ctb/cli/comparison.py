"""What the commands compare a live database with: the objects to ignore, and those that a replay makes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ConfigError, NoServerError, ServerError
from pytest_ctb.sql import names_in

if TYPE_CHECKING:
    from pytest_ctb.deploy.drift.ignored import Ignored
    from pytest_ctb.deploy.expected_objects import ExpectedObjects


def ignored_objects(project: Project) -> Ignored:
    """The objects that `ctb_verify_ignore` names or the prelude makes. Raises ConfigError for a line that is wrong."""
    from pytest_ctb.deploy.drift.ignored import parse_ignored  # noqa: PLC0415  # with the driver; most commands need no server

    made = [name for file in project.prelude for name in names_in(file.statements).makes]
    lines = [f"schema {name.name}" for name in made if name.kind == "schema"]
    for kind in ("table", "view", "materialized view", "sequence", "foreign table"):
        lines += [f"{kind} {name}" for name in made if name.kind == "relation"]
    lines += [f"type {name}" for name in made if name.kind == "type"]
    lines += [f"function {name}(*" for name in made if name.kind == "function"]
    return parse_ignored((*project.config.lines("ctb_verify_ignore"), *lines))


def replayed_for(project: Project, files: Collection[str]) -> Callable[[int], ExpectedObjects]:
    """A function that replays the files on a throwaway server, for a live server of the given major version.

    It returns what each file should make, or why there was no replay.
    """
    from pytest_ctb.deploy.expected_objects import ExpectedObjects, expected_of_replay  # noqa: PLC0415  # with the driver

    def replayed(major: int) -> ExpectedObjects:
        try:
            try:
                server, made = project.like(major).schema_changes(files)
            except (NoServerError, ConfigError):
                server, made = project.schema_changes(files)
        except (NoServerError, ServerError, ConfigError) as error:
            why = str(error).splitlines()[0]
            return ExpectedObjects(why_not=f"what the files make was not compared with a replay: {why}")
        by_path = {
            migration.path: versions for migration, versions in zip(project.history.migrations, made, strict=True)
        }
        return expected_of_replay(server, by_path, major, by_superuser=project.config.by_superuser)

    return replayed
