"""Text from files and servers made safe to show: nothing in it controls the terminal, page or CI log that shows it.

Three things become escapes: characters that move the cursor or change the direction of a line, halves of a
surrogate pair, and what a CI system takes for a command (`::error::` of GitHub, `##[…]`, `##vso[…]` of Azure,
`##teamcity[…]`). Imports nothing of this package.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

_STEERS = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)"  # the controls, but for a tab and the end of a line
    r"|[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"  # unseen, or of direction
    r"|[\U0001d173-\U0001d17a\U000e0000-\U000e007f\ud800-\udfff]"
)
"""One character that controls the display instead of being shown, or half of a surrogate pair."""
_COMMAND = r"(?m:^[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]*:(?=:.*::))|#(?=#\w*\[)"
"""A command of a CI system; the last character of a match is the one to escape."""
_STEERING = re.compile(f"{_STEERS}|{_COMMAND}")
_BREAK = re.compile(r"[\r\n]")
_ONLY_COMMANDS = re.compile(_COMMAND)


def spelled(text: str, spell: Callable[[str], str]) -> str:
    """A text in which `spell` rewrites each character of control, and the first of each CI command."""
    if text.isprintable() and "::" not in text and "##" not in text:
        return text  # most are so, which is known ten times as fast
    return _STEERING.sub(lambda match: f"{match[0][:-1]}{spell(match[0][-1])}", text)


def visible(text: str) -> str:
    r"""A text that a terminal or a page may show: escapes like `\x1b` and `\u202e` replace characters of control."""
    return spelled(text, _escape)


@lru_cache(maxsize=256)  # a run asks for the same few names for each of its tests
def on_a_line(text: str) -> str:
    r"""Like `visible`, for a name or a message on one line: an end of line in it becomes `\x0a`."""
    shown = visible(text)
    return shown if shown.isprintable() else _BREAK.sub(lambda match: _escape(match[0]), shown)


def steers(text: str) -> bool:
    """Whether `visible` changes a text."""
    return _STEERING.search(text) is not None


def all_visible(value: Any) -> Any:
    """A value with all texts in it made visible; a dataclass, which may be one of pytest's, is changed in place."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list | tuple):
        return type(value)(map(all_visible, value))
    if isinstance(value, dict):
        return {all_visible(key): all_visible(item) for key, item in value.items()}
    if dataclasses.is_dataclass(value):
        for name, field in vars(value).items():
            setattr(value, name, all_visible(field))
    return value


def without_commands(text: str) -> str:
    """A text for a program, a patch say: only CI commands are escaped, and all other characters are kept."""
    return _ONLY_COMMANDS.sub(lambda match: f"{match[0][:-1]}{_escape(match[0][-1])}", text)


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """A value as JSON that is safe to show: characters of control are JSON escapes, so nothing is lost."""
    return spelled(json.dumps(value, indent=indent, ensure_ascii=False), _json_escape)


def _json_escape(sign: str) -> str:
    return re.sub("(..)(..)", r"\\u\2\1", sign.encode("utf-16-le", "surrogatepass").hex())


def _escape(sign: str) -> str:
    number = ord(sign)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


class Visible:
    """A text stream that makes visible what is written to it, and passes all else on to another stream."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, and return its length."""
        self._stream.write(visible(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write each of some texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def unguarded(stream: Any) -> Any:
    """The stream behind a `Visible`, for colours and progress bars of ours; any other stream itself."""
    return stream._stream if isinstance(stream, Visible) else stream  # noqa: SLF001
