"""The text of findings as a terminal shows it: wrapped at its width, in colours, with links.

What comes in is made visible already (`model.visible`): no code of a terminal comes from a file.
"""

from __future__ import annotations

import re
import socket
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from pytest_ctb.model import Finding, Level
from pytest_ctb.model.visible import on_a_line

_WIDEST = 100
"""The most columns of a line of prose: longer ones are hard to read."""
_NARROWEST = 20
_BOLD, _RED, _YELLOW = "1", "1;31", "1;33"
_CARET = re.compile(r"( *\|\s*)\^")
_EXCERPT = re.compile(r" +\d* \|( |$)")
_CONTINUED = re.compile(r" {5}\S")
_LABEL = re.compile(r"(?:Why|Instead|Owner):|Intentional\?")
_LINKING = frozenset(
    {"DOMTERM", "GHOSTTY_RESOURCES_DIR", "KITTY_WINDOW_ID", "KONSOLE_VERSION", "WEZTERM_PANE", "WT_SESSION"}
)
"""Variables that are set by terminals which have links."""
_LINKING_PROGRAMS = frozenset({"Hyper", "WezTerm", "ghostty", "iTerm.app", "rio", "vscode", "zed"})
"""Such terminals, as TERM_PROGRAM names them."""
_VTE = 5000
"""The version of VTE (GNOME Terminal and others) from which on it has links."""


class Terminal(NamedTuple):
    """What a terminal can do."""

    width: int
    colours: bool
    links: bool


def has_links(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether a terminal has links (OSC 8), by its environment: there is no way to ask it.

    FORCE_HYPERLINK decides where it is set, as for other programs (https://github.com/zkat/supports-hyperlinks).
    """
    forced = environment.get("FORCE_HYPERLINK", "")
    if forced:
        return forced != "0"
    if not terminal or environment.get("TERM") == "dumb" or "CI" in environment:
        return False
    vte = environment.get("VTE_VERSION", "")
    return (
        not _LINKING.isdisjoint(environment)
        or environment.get("TERM_PROGRAM") in _LINKING_PROGRAMS
        or (vte.isdecimal() and int(vte) >= _VTE)
    )


def shown(
    lines: Iterable[str], findings: Sequence[Finding], terminal: Terminal, root: Path, pages: Mapping[str, str]
) -> Iterator[str]:
    """The lines of a text about findings (`report.text`), as the terminal is to show them.

    `root`: the folder that the files of findings are relative to; `pages`: the address of each guideline's page.
    """
    parts = {_head(finding): finding for finding in findings}
    width = max(_NARROWEST, min(terminal.width, _WIDEST))
    colour = _RED
    for line in _unwrapped(lines):
        head = next((head for head in parts if line.text.startswith(head)), None)
        if head is not None:
            finding = parts[head]
            colour = _RED if finding.level is Level.ERROR else _YELLOW
            place, name = _place(finding), _name(finding)
            # A name may hold spaces: it is not wrapped.
            text = f"{_kept(place)}: {_kept(name)}:{line.text[len(head) :]}"
            wrapped = "\n".join(_filled(text, width, line.indent))
            looks = _looks(finding, colour, terminal, root, pages.get(finding.guideline, ""))
            for plain, look in zip((place, name), looks, strict=True):
                wrapped = wrapped.replace(_kept(plain), look, 1)
            yield from wrapped.split("\n")
        elif terminal.colours and (caret := _CARET.fullmatch(line.text)):
            yield caret[1] + _styled("^", colour)
        else:
            first, *rest = _filled(line.text, width, line.indent) if line.wraps else (line.text,)
            label = _LABEL.match(first) if terminal.colours else None
            yield _styled(label[0], _BOLD) + first[label.end() :] if label else first
            yield from rest


def _head(finding: Finding) -> str:
    """What the headline of a finding begins with."""
    return f"{_place(finding)}: {_name(finding)}:"


def _place(finding: Finding) -> str:
    return on_a_line(f"{finding.file}:{finding.line}:{finding.column}")


def _name(finding: Finding) -> str:
    return on_a_line(f"{finding.code} {finding.guideline}")


def _kept(text: str) -> str:
    return text.replace(" ", "\0")


def _looks(finding: Finding, colour: str, terminal: Terminal, root: Path, page: str) -> tuple[str, str]:
    """The place and the name of a finding, in colours and as links."""
    place, name = _place(finding), _name(finding)
    if terminal.colours:
        place, name = _styled(place, _BOLD), _styled(name, colour)
    if terminal.links:
        file = quote(str((root / finding.file).absolute()), errors="surrogateescape")
        place = _linked(place, f"file://{socket.gethostname()}{file}")
        name = _linked(name, quote(page, safe="/:#?=&%")) if page.startswith("https://") else name
    return place, name


def _styled(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _linked(text: str, address: str) -> str:
    """https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda."""
    return f"\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\"


class _Line(NamedTuple):
    """A line before it is wrapped."""

    text: str
    indent: str
    """What stands before the rest of it."""
    wraps: bool
    """Whether it is prose: a headline, evidence, a reason. Lines of files and SQL to paste stay as they are."""


def _unwrapped(lines: Iterable[str]) -> Iterator[_Line]:
    """The lines, each reason in one line again: `report.text` wraps it for another width."""
    sql, pending = False, ""
    for line in (*lines, None):
        if line is not None and pending and _CONTINUED.match(line):
            pending += f" {line.strip()}"
            continue
        if pending:
            yield _Line(pending, " " * len("Why: "), wraps=True)
            pending = ""
        if line is None:
            return
        indented = line.startswith(" ")
        if line and not indented:
            sql = line.startswith(("Instead:", "Intentional?"))
        if line.startswith("Why: "):
            pending = line
        else:
            indent = len(line) - len(line.lstrip()) + (2 if indented else 4)
            yield _Line(line, " " * indent, wraps=not (indented and (sql or _EXCERPT.match(line))))


def _filled(text: str, width: int, indent: str) -> Sequence[str]:
    """The text in lines of this width, where a word is not longer."""
    if len(text) <= width:
        return (text,)
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=indent,
        expand_tabs=False,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    )
