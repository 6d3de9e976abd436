"""A terminal of a given width for a program, and what a person sees on it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

SECONDS = 120
"""How long a program may be silent before a test gives up on it."""
_UNSEEN = re.compile(r"\x1b\[[?0-9;]*[a-zA-Z]|\x1b[=>(][0-9A-Za-z]?|\x1b\][^\x07]*\x07")


class Terminal:
    """A program that runs on a terminal of its own."""

    def __init__(
        self,
        arguments: Sequence[str | Path],
        folder: Path,
        *,
        columns: int = 80,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.columns = columns
        self.output = ""
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            try:
                # A shell starts what it puts into the background with these ignored, and so would all below it.
                for number in (signal.SIGINT, signal.SIGHUP):
                    signal.signal(number, signal.SIG_DFL)
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
                os.chdir(folder)
                kept = {
                    name: value
                    for name, value in os.environ.items()
                    if name not in {"COLUMNS", "CI", "NO_COLOR", "GITHUB_ACTIONS"}
                }
                os.execvpe(
                    str(arguments[0]),
                    [str(argument) for argument in arguments],
                    {**kept, "TERM": "xterm", **(environment or {})},
                )
            finally:
                os._exit(127)

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._fd, keys.encode())

    def until(self, text: str) -> str:
        """Read until a text was written; all that was written so far."""
        while text not in self.output:
            assert self._read(), f"ended without {text!r}:\n{self.output}"
        return self.output

    def until_seen(self, text: str) -> str:
        """Read until a text stands on the screen; the screen."""
        while text not in self.screen:
            assert self._read(), f"ended without {text!r}:\n{self.screen}"
        return self.screen

    def finish(self) -> int:
        """Read to the end; the exit status."""
        while self._read():
            pass
        os.close(self._fd)
        _, status = os.waitpid(self._pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._fd], [], [], SECONDS)
        assert ready, f"silent for {SECONDS} s:\n{self.output}"
        try:
            data = os.read(self._fd, 65536)
        except OSError:  # Linux says so at the end
            return False
        self.output += data.decode(errors="replace")
        return bool(data)

    @property
    def screen(self) -> str:
        """The lines as a person sees them at the end: what was wiped is gone, what is too wide is wrapped."""
        return screen(self.output, self.columns)


def screen(output: str, columns: int) -> str:
    """What a terminal shows of an output."""
    rows: list[list[str]] = [[]]
    row = column = 0
    text = output.replace("\x1b[K", "\x00")
    for sign in _UNSEEN.sub("", text):
        if sign == "\n":
            row += 1
        elif sign == "\r":
            column = 0
        elif sign == "\b":
            column = max(0, column - 1)
        elif sign == "\x00":
            del rows[row][column:]
        elif sign.isprintable():
            if column == columns:
                row, column = row + 1, 0
            while len(rows) <= row:
                rows.append([])
            rows[row].extend(" " * (column + 1 - len(rows[row])))
            rows[row][column] = sign
            column += 1
        while len(rows) <= row:
            rows.append([])
    return "\n".join("".join(line).rstrip() for line in rows)
