"""sql-migrate: `N_name.sql` with `-- +migrate Up` and `-- +migrate Down`; a transaction around each direction."""

from __future__ import annotations

import sys

from pytest_ctb.model import Mark, Parts, Tool
from pytest_ctb.repository.layouts import Folder, Layout
from pytest_ctb.repository.layouts._marked import Direction, Line, Script, ends_statement, text_lines

_COMMAND = "-- +migrate "


class _Reader:
    """Reads the lines of one file, and keeps what sql-migrate would."""

    def __init__(self, text: str) -> None:
        self.script = Script(text, "sql-migrate", "migrate")
        self.direction: Direction | None = None
        self.block: Line | None = None
        """The `StatementBegin` whose end has not come."""
        self.above = False
        """SQL stands above the first command."""
        self.up_off: Mark | None = None
        self.down_off: Mark | None = None

    def read(self, line: Line) -> None:
        """Read the next line. It drops comments that begin with `-- `, but no others."""
        if line.text.startswith(_COMMAND):
            self._follow(line, *line.text.removeprefix(_COMMAND).split())
        elif line.text.startswith("-- "):
            return
        elif self.direction is None:
            self.above = self.above or bool(line.text.strip())
        else:
            self.direction.pending.append(line)
            if not self.block and ends_statement(line.text):
                self.direction.send()

    def _follow(self, line: Line, word: str = "", *options: str) -> None:
        script = self.script
        if not word:
            script.refuse(line, "`-- +migrate` without a command")
        elif word in {"Up", "Down"}:
            self._open(line, script.up if word == "Up" else script.down)
            if "notransaction" in options:
                mark = Mark("sql-migrate", script.source.at(line.start), "notransaction")
                self.up_off, self.down_off = (mark, self.down_off) if word == "Up" else (self.up_off, mark)
        elif word == "StatementBegin" and self.direction:
            self.block = line
        elif word == "StatementEnd" and self.direction and self.block:
            self.block = None
            self.direction.send(line)

    def _open(self, line: Line, direction: Direction) -> None:
        if self.direction:
            self.script.problem = self.script.problem or self.script.unfinished(self.direction)
            self.direction.close(line.start)
        self.direction = direction
        direction.open(line)

    def finish(self) -> Parts:
        """The parts, when all lines were read."""
        script = self.script
        if self.direction is None or (self.above and not script.up.spans):
            script.refuse(Line(0, ""), "no line says what goes up")
        if self.direction:
            self.direction.close(len(script.source.text))
            if self.block:
                script.refuse(self.block, "StatementBegin without a StatementEnd below it")
            script.problem = script.problem or script.unfinished(self.direction)
        return script.parts(self.up_off, self.down_off)


def _split(text: str) -> Parts:
    reader = _Reader(text)
    for line in text_lines(text):
        reader.read(line)
    return reader.finish()


def _sort_key(version: str) -> tuple[int, str]:
    """By the number that a name begins with, then as text; names without a number come last."""
    digits = version[: len(version) - len(version.lstrip("0123456789"))]
    return int(digits) if digits else sys.maxsize, f"{version}.sql"


def _recognise(folder: Folder) -> str:
    name = folder.file_with(r"-- \+migrate Up\b")
    return f"{name} holds `-- +migrate Up`" if name else ""


LAYOUT = Layout(
    name="sql-migrate",
    source="https://github.com/rubenv/sql-migrate#writing-migrations",
    tool=Tool(
        name="sql-migrate",
        runs_once=True,
        adds_transaction=True,
        transaction_off_switch="`-- +migrate Up notransaction`",
        sends_copy_rows=False,
        file_name_form="N_name.sql",
        rollback_place="part behind `-- +migrate Down`",
    ),
    migration_names=r"(?P<version>[^/]+)\.sql",
    sort_key=_sort_key,
    split=_split,
    usual_folders=("migrations",),
    down_mark=r"^-- \+migrate Down\b",
    recognise=_recognise,
    wants="line `-- +migrate Up`",
)
