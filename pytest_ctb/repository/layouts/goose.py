"""goose: `N_name.sql` with `-- +goose Up` and `-- +goose Down`; a transaction around each file.

Its parser reads a file line by line. Whatever it refuses is a problem of the file, at the line at which it stops.
"""

from __future__ import annotations

from pytest_ctb.model import Mark, Parts, Problem, Tool
from pytest_ctb.repository.layouts import Folder, Layout
from pytest_ctb.repository.layouts._marked import Direction, Line, Script, ends_statement, number_of, text_lines

_UP, _DOWN, _BEGIN, _END, _OFF = "up", "down", "statementbegin", "statementend", "no transaction"
_ANNOTATIONS = {_UP, _DOWN, _BEGIN, _END, _OFF, "envsub on", "envsub off"}


class _Reader:
    """Reads the lines of one file, and keeps what goose would: the direction, and the block that is open."""

    def __init__(self, text: str) -> None:
        self.script = Script(text, "goose", "goose")
        self.direction: Direction | None = None
        self.block: Line | None = None
        """The `StatementBegin` whose end has not come."""
        self.ended = False
        """The line before was a `StatementEnd`: what has been read is sent at the next line."""
        self.off: Mark | None = None
        self.misspelt = False
        """One annotation is none that goose knows."""
        self.above: Line | None = None
        """The first line above `-- +goose Up` that is no `--` comment."""

    def read(self, line: Line) -> None:
        """Read the next line."""
        comment = line.text.strip().startswith("--")
        word = ""
        if comment and "+goose" in line.text:
            word = self._annotation(line)
            self._follow(word, line)
        if word == _END and self.direction and self.direction.pending:
            self.direction.send(line)
            self.ended = False
        elif comment and not word and self.direction and self.direction.pending:
            self.direction.pending.append(line)
        elif not comment:
            self._content(line)

    def _content(self, line: Line) -> None:
        direction = self.direction
        if direction is None:
            if line.text.strip():
                self.above = self.above or line
        elif self.ended:
            self.ended = False  # it swallows the line behind an empty block
        elif direction.pending or line.text:
            direction.pending.append(line)
            if not self.block and ends_statement(line.text):
                direction.send()

    def _annotation(self, line: Line) -> str:
        """The annotation on a line, in small letters; empty where goose refuses it."""
        word = line.text.replace("--", "").replace("+goose", "", 1).strip().lower()
        self.misspelt = self.misspelt or word not in _ANNOTATIONS or line.text[:1].isspace()
        if line.text[:1].isspace():
            self.script.refuse(line, "an annotation does not begin at the start of its line")
        elif word not in _ANNOTATIONS:
            self.script.refuse(line, f"`{line.text.strip()}` is no annotation that it knows")
        else:
            return word
        return ""

    def _follow(self, word: str, line: Line) -> None:
        script = self.script
        if word == _UP:
            self._open_up(line)
        elif word == _DOWN:
            self._open_down(line)
        elif word == _BEGIN:
            if self.direction is None or self.block:
                script.refuse(line, "StatementBegin above `-- +goose Up`" if not self.block else "a block in a block")
            self.block, self.ended = line, False
        elif word == _END:
            if self.block is None:
                script.refuse(line, "StatementEnd without a StatementBegin above it")
            self.block, self.ended = None, True
        elif word == _OFF:
            self.off = self.off or Mark("goose", script.source.at(line.start), "+goose NO TRANSACTION")

    def _open_up(self, line: Line) -> None:
        script = self.script
        if self.direction:
            at = number_of(script.source, script.up.spans or script.down.spans)
            script.refuse(
                line, f"`-- +goose Up` below line {at}: it must be the first annotation, and the only one of its kind"
            )
            return
        self.direction = script.up
        script.up.open(line)

    def _open_down(self, line: Line) -> None:
        script = self.script
        if self.direction is None:
            script.refuse(line, "`-- +goose Down` stands above `-- +goose Up`")
        elif self.direction is script.down:
            at = number_of(script.source, script.down.spans)
            script.refuse(line, f"a second `-- +goose Down` (the first is on line {at})")
            return
        elif self.block:
            at = script.source.at(self.block.start).line
            script.refuse(line, f"`-- +goose Down` inside the StatementBegin of line {at}, which has no StatementEnd")
        script.problem = script.problem or script.unfinished(script.up)
        script.up.close(line.start)
        self.direction, self.block, self.ended = script.down, None, False
        script.down.open(line)

    def finish(self) -> Parts:
        """The parts, when all lines were read."""
        script = self.script
        for direction in (script.up, script.down):
            direction.close(len(script.source.text))
        if not script.up.spans and not self.misspelt:
            script.problem = Problem("no line says what goes up: goose refuses the file", script.source.at(0))
        elif self.above and script.up.spans and self.above.start < script.up.spans[0].opened_at:
            what = "is above the line that opens the migration: goose does not apply it"
            above = Problem(what, script.source.at(self.above.start))
            script.problem = min((above, script.problem or above), key=lambda problem: problem.position)
        if self.block:
            script.refuse(self.block, "StatementBegin without a StatementEnd below it")
        script.problem = script.problem or script.unfinished(script.up)
        return script.parts(self.off, self.off)


def _split(text: str) -> Parts:
    reader = _Reader(text)
    for line in text_lines(text):
        reader.read(line)
    return reader.finish()


def _recognise(folder: Folder) -> str:
    name = folder.file_with(r"--\s*\+goose\s+Up\b")
    return f"{name} holds `-- +goose Up`" if name else ""


LAYOUT = Layout(
    name="goose",
    source="https://pressly.github.io/goose/documentation/annotations/",
    tool=Tool(
        name="goose",
        runs_once=True,
        adds_transaction=True,
        transaction_off_switch="`-- +goose NO TRANSACTION`",
        sends_copy_rows=False,
        file_name_form="N_name.sql",
        rollback_place="part behind `-- +goose Down`",
        stops_at=r"[^/]+\.sql",
    ),
    migration_names=r"(?P<version>0*[1-9]\d*)_[^/]*\.sql",
    split=_split,
    usual_folders=("migrations", "db/migrations"),
    down_mark=r"^--\s*\+goose\s+Down\b",
    recognise=_recognise,
    wants="line `-- +goose Up`",
)
