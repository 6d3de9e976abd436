"""sqitch: `deploy/name.sql` and `revert/name.sql`, in the order of sqitch.plan, each by `psql -f`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Tool, lines
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.layouts import Folder, Layout, text

_PLAN = "sqitch.plan"
_ENTRY = re.compile(
    r"[ \t]*(?P<kind>@|[+-][ \t]*)?(?P<name>[^\s@\[]+)[ \t]*(\[(?P<needs>[^\]]*)\])?[ \t]*"
    r"(?P<signed>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z[ \t]+[^<]+[ \t]<[^>]+>)?"
)


class _Plan:
    """Reads the lines of a plan: which script each change has, in the order of the changes."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / _PLAN
        self.scripts = folder / "deploy"
        self.line = 0
        self.changes: list[tuple[str, list[str]]] = []
        """Each change, with the tags that stand behind it."""
        self.latest: dict[str, int] = {}
        """The number of the latest change of each name."""
        self.tags: set[str] = set()
        self.since_tag: set[str] = set()
        """The changes behind the last tag."""
        self.conflicts: dict[int, str] = {}
        """By line: a change that must not be there when that of the line is deployed, and that no line above plans."""
        self.names: dict[int, str] = {}
        """The script of each change that was planned anew later."""

    def refuse(self, what: str) -> ConfigError:
        """An error at the line that is being read."""
        return ConfigError(f"{self.file}:{self.line}: {what}: sqitch refuses the plan")

    def read(self, line: str) -> None:
        """Read the next line: a change, a tag, a pragma, or nothing."""
        self.line += 1
        entry = line.split("#", maxsplit=1)[0].rstrip()
        if not entry.strip() or entry.lstrip().startswith("%"):
            return
        match = _ENTRY.fullmatch(entry)
        if match is None or match["signed"] is None:
            raise self.refuse("no `name YYYY-MM-DDTHH:MM:SSZ Planner <address>`, with [what it needs] behind the name")
        if match["kind"] == "@":
            self._tag(f"@{match['name']}")
        else:
            self._change(match["name"], (match["needs"] or "").split())

    def _tag(self, tag: str) -> None:
        if not self.changes:
            raise self.refuse(f"the tag {tag} has no change above it")
        if tag in self.tags:
            raise self.refuse(f"a second tag {tag}")
        self.tags.add(tag)
        self.since_tag.clear()
        self.changes[-1][1].append(tag)

    def _change(self, name: str, needs: list[str]) -> None:
        if name in self.since_tag:
            raise self.refuse(f"a second change {name} without a tag between the two")
        for need in needs:
            if ":" not in need:  # else it is of another project
                self._need(name, need)
        if name in self.latest:
            self.names[self.latest[name]] = self._reworked(name, self.latest[name])
        self.latest[name] = len(self.changes)
        self.since_tag.add(name)
        self.changes.append((name, []))

    def _need(self, name: str, need: str) -> None:
        needed, at, tag = need.removeprefix("!").partition("@")
        planned = not needed or needed in self.latest
        if need.startswith("!"):
            if planned:
                raise self.refuse(f"{name} conflicts with {needed}, which comes before it")
            self.conflicts[self.line] = needed
        elif not planned or (at and f"@{tag}" not in self.tags and tag not in {"HEAD", "ROOT"}):
            raise self.refuse(f"{name} needs {need}, which no line above plans")

    def finish(self) -> Mapping[str, int]:
        """The place of each script, when all lines were read."""
        for line, name in self.conflicts.items():
            if name not in self.latest:
                self.line = line
                raise self.refuse(f"a conflict with {name}, which no line plans")
        return {self.names.get(number, name): number for number, (name, _) in enumerate(self.changes)}

    def _reworked(self, name: str, number: int) -> str:
        """The script of a change that is planned anew: sqitch takes the first that exists, from the last tag on."""
        later = [f"{name}{tag}" for _, tags in reversed(self.changes[number:]) for tag in tags]
        return next((script for script in later if (self.scripts / f"{script}.sql").is_file()), later[0])


def _listed_order(folder: Path) -> Mapping[str, int]:
    """The place of each script. Raises ConfigError where there is no plan, or sqitch refuses it."""
    plan = _Plan(folder)
    try:
        written = read_text(plan.file)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{plan.file}: the plan of sqitch cannot be read: {error}") from error
    for line in lines(written):
        plan.read(line)
    return plan.finish()


def _recognise(folder: Folder) -> str:
    return f"{_PLAN} stands in it" if (folder.path / _PLAN).is_file() else ""


LAYOUT = Layout(
    name="sqitch",
    source="https://sqitch.org/docs/manual/sqitchtutorial/",
    tool=Tool(
        name="sqitch",
        runs_once=True,
        file_name_form="deploy/name.sql, with a line in sqitch.plan",
        rollback_place="revert/ file of its name",
    ),
    migration_names=r"deploy/(?P<version>.+)\.sql",
    rollback_names=r"revert/(?P<version>.+)\.sql",
    other_names=r"(?!(deploy|revert)/).*",
    sort_key=text,
    listed_order=_listed_order,
    usual_folders=("sqitch", "db", "migrations"),
    recognise=_recognise,
    wants="sqitch.plan",
)
