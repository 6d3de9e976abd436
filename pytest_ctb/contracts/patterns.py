"""Regular expressions of Postgres that mean the same to every reader of JSON Schema."""

from __future__ import annotations

import re

_CLASS = r"\[\^?(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9 _.@#%&+=:;,/])+-?\]"
_ATOM = rf"(?:[A-Za-z0-9 _@#%&=:;,<>~`!'\"/-]|\\[][.^$*+?(){{}}|/\\-]|{_CLASS})"
_TIMES = r"(?:[*+?]|\{[0-9]{1,2}(?:,(?:[0-9]{1,2})?)?\})?"
_RUN = rf"(?:{_ATOM}{_TIMES})+"
_GROUP = rf"(?:{_ATOM}{_TIMES}|\({_RUN}(?:\|{_RUN})*\){_TIMES})+"
_SAFE = re.compile(rf"\^{_GROUP}\$")


def portable(pattern: str) -> bool:
    """Tell whether it is anchored at both ends, and between them only what no two engines read in two ways.

    Left out are the classes that depend on a locale (digits by a letter, say), the dot, which may or may not be a line
    end, and what is greedy or not.
    """
    return bool(_SAFE.fullmatch(pattern)) and pattern.isascii()
