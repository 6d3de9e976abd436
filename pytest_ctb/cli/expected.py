"""What the commands on a live database hold it against: what the platform owns, and what a replay makes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ConfigError, NoServerError, ServerError
from pytest_ctb.sql import names_in

if TYPE_CHECKING:
    from pytest_ctb.deploy.drift.ignored import Ignored
    from pytest_ctb.deploy.expected import Expected


def left_out(project: Project) -> Ignored:
    """What `ctb_verify_ignore` names, and what the prelude makes. Raises ConfigError where a line cannot be read."""
    from pytest_ctb.deploy.drift.ignored import ignored  # noqa: PLC0415  # with the driver; most commands need no server

    made = [name for file in project.prelude for name in names_in(file.statements).makes]
    lines = [f"schema {one.name}" for one in made if one.kind == "schema"]
    for kind in ("table", "view", "materialized view", "sequence", "foreign table"):
        lines += [f"{kind} {one}" for one in made if one.kind == "relation"]
    lines += [f"type {one}" for one in made if one.kind == "type"]
    lines += [f"function {one}(*" for one in made if one.kind == "function"]
    return ignored((*project.lines("ctb_verify_ignore"), *lines))


def expecting(project: Project, files: Collection[str]) -> Callable[[int], Expected]:
    """What gives what each of the files should make, for a live server of a version; it starts a throwaway server."""
    from pytest_ctb.deploy.expected import Expected, expected  # noqa: PLC0415  # with the driver

    def replayed(major: int) -> Expected:
        try:
            try:
                server, made = project.like(major).versions(files)
            except (NoServerError, ConfigError):
                server, made = project.versions(files)
        except (NoServerError, ServerError, ConfigError) as error:
            why = str(error).splitlines()[0]
            return Expected(why_not=f"what the files make was not compared with a replay: {why}")
        by_path = {one.path: versions for one, versions in zip(project.history.migrations, made, strict=True)}
        return expected(server, by_path, major, by_superuser=project.keys.get("ctb_role") == "superuser")

    return replayed
