"""Text of others (names, SQL, a server's words) as a person may see it: nothing in it steers what shows it.

Three things are written as escapes: characters that move the cursor or change the direction of a line, halves of a
surrogate pair, and what a CI system takes for a command (`::error::` of GitHub, `##[…]`, `##vso[…]` of Azure,
`##teamcity[…]`). Imports nothing of this package.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Iterable
from typing import Any

_STEERS = (
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]|\r(?!\n)"  # the controls, but for a tab and the end of a line
    r"|[\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]"  # unseen, or of direction
    r"|[\U0001d173-\U0001d17a\U000e0000-\U000e007f\ud800-\udfff]"
)
"""One character that is not shown but obeyed, or that is none at all."""
_COMMAND = r"(?m:^[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]*:(?=:.*::))|#(?=#\w*\[)"
"""The last character of a match is the one to write in another way."""
_STEERING = re.compile(f"{_STEERS}|{_COMMAND}")
_BREAK = re.compile(r"[\r\n]")
_ONLY_COMMANDS = re.compile(_COMMAND)


def spelled(text: str, spell: Callable[[str], str]) -> str:
    """A text in which each character that steers, and the first of each command, is written as `spell` has it."""
    return _STEERING.sub(lambda found: f"{found[0][:-1]}{spell(found[0][-1])}", text)


def visible(text: str) -> str:
    r"""A text as a terminal or a page may show it: `\x1b`, `\u202e` in the place of what steers."""
    return spelled(text, _escape)


def on_a_line(text: str) -> str:
    r"""The same of a name or a message that stands on one line: an end of line in it is `\x0a`."""
    return _BREAK.sub(lambda found: _escape(found[0]), visible(text))


def steers(text: str) -> bool:
    """Tell whether `visible` changes a text."""
    return _STEERING.search(text) is not None


def all_visible(value: Any) -> Any:
    """A value with every text in it made visible; a record, which may be one of pytest's, is changed in its place."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, list | tuple):
        return type(value)(map(all_visible, value))
    if isinstance(value, dict):
        return {all_visible(key): all_visible(one) for key, one in value.items()}
    if dataclasses.is_dataclass(value):
        for name, one in vars(value).items():
            setattr(value, name, all_visible(one))
    return value


def without_commands(text: str) -> str:
    """A text for a program, as a patch is: all characters are kept, and only CI commands are broken."""
    return _ONLY_COMMANDS.sub(lambda found: f"{found[0][:-1]}{_escape(found[0][-1])}", text)


def json_text(value: Any, *, indent: int | None = 2) -> str:
    """A value as JSON that loses nothing and can be shown: what steers is written as JSON's own escape."""
    return spelled(json.dumps(value, indent=indent, ensure_ascii=False), _json_escape)


def _json_escape(sign: str) -> str:
    return re.sub("(..)(..)", r"\\u\2\1", sign.encode("utf-16-le", "surrogatepass").hex())


def _escape(sign: str) -> str:
    number = ord(sign)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


class Visible:
    """A stream of text for people: what is written to it is made visible; the rest is as the stream has it."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text; its length."""
        self._stream.write(visible(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts one after the other."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
