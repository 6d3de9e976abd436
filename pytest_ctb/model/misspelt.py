"""The name that a misspelt word was meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType

_SIMILAR = 0.6


def nearest(word: object, known: Iterable[str], similar: float = _SIMILAR) -> str:
    """The known name that is most like a word, whatever their case; empty where none is.

    `similar`: how like it has to be, from 0 to 1 (`difflib.SequenceMatcher.ratio`).
    """
    names: dict[str, str] = {}
    for name in known:
        names.setdefault(name.casefold(), name)
    near = difflib.get_close_matches(str(word).casefold(), names, n=1, cutoff=similar)
    return names[near[0]] if near else ""


def did_you_mean(
    word: object, known: Iterable[str], similar: float = _SIMILAR, shown: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The end of a message about an unknown word, `; did you mean X?`; empty where no known name is like it.

    `shown`: the names that are shown in other words.
    """
    name = nearest(word, known, similar)
    return f"; did you mean {shown.get(name, name)}?" if name else ""
