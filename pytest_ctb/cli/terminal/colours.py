"""The colours of `ctb check`: severity, place and caret."""

from __future__ import annotations

import os
import re

import click

from pytest_ctb.model import Finding, Level
from pytest_ctb.model.visible import on_a_line

_CARET = re.compile(r"^( +\|\s*)\^$", re.MULTILINE)
_LABEL = re.compile(r"^(?:Why|Instead|Owner):", re.MULTILINE)


def wanted(choice: str, *, terminal: bool) -> bool:
    """Whether to write colours: `choice` is that of --color, else the variables that many programs know decide.

    https://no-color.org, https://bixense.com/clicolors
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if any(os.environ.get(name, "0") not in {"", "0"} for name in ("CLICOLOR_FORCE", "FORCE_COLOR")):
        return True
    return terminal and os.environ.get("TERM") != "dumb" and os.environ.get("CLICOLOR") != "0"


def painted(text: str, finding: Finding) -> str:
    """The text of a finding in colours. `text` is made visible already: no colour comes from a file."""
    colour = "red" if finding.level is Level.ERROR else "yellow"
    place = on_a_line(f"{finding.file}:{finding.line}:{finding.column}")
    name = f"{finding.code} {finding.guideline}"
    head, line_end, rest = text.partition("\n")
    head = head.replace(
        f"{place}: {name}:", f"{click.style(place, bold=True)}: {click.style(name, fg=colour, bold=True)}:", 1
    )
    rest = _CARET.sub(lambda match: match[1] + click.style("^", fg=colour, bold=True), rest)
    rest = _LABEL.sub(lambda match: click.style(match[0], bold=True), rest)
    return f"{head}{line_end}{rest}"
