"""Find text that was decoded twice: UTF-8 that was read as Windows-1252 (or 1254) and saved as UTF-8 again.

Each piece that may be such text is turned back, and judged in its place: does what comes out fit there better than what
stands there? Of a CAFÉ with an apostrophe and an S comes a small phonetic sign among capitals, of MENÜ, a dash and
KARTE a Syriac letter in a Latin word: both are meant as they are. `GrÃ¶ÃŸe` gives `Größe`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

LOST = "\N{REPLACEMENT CHARACTER}"
_LATIN = range(0xA0, 0x180)
_LATIN_MORE = range(0x1E00, 0x1F00)
_TYPOGRAPHIC = re.compile(r"[\u2018-\u201e\u2013\u2014\u2039\u203a«»\u00a0]+|[\u2026\u2022·¡¿²³¹°®©™]+(?![^\W\d_])")
"""What stands behind a letter in honest text: quotes and dashes; dots and signs, with no letter behind them."""


class Word(NamedTuple):
    """A piece of text that was decoded twice."""

    start: int
    """Its offset."""
    text: str
    meant: str
    """With U+FFFD where a byte was lost."""


def twice_decoded(text: str) -> Iterator[Word]:
    """The pieces of a text that were decoded twice, in order."""
    if not _starts().search(text):
        return
    words = [
        word
        for match in _sequences().finditer(text)
        if (word := _undone(match.start(), match[0])) and _fits(text, word)
    ]
    if not words:
        return
    covered = sum(len(word.text) for word in words)
    has_honest_text = covered < sum(not character.isascii() for character in text)
    for word in words:
        if not _is_honest(text, word) or (not has_honest_text and _is_common(word.meant)):
            yield word


@cache
def _bytes() -> dict[str, int]:
    """The byte that a character was read from: in Windows-1254 where it differs, else in Windows-1252.

    The five bytes that these leave undefined are read as control characters, as browsers do.
    """
    byte_of = {chr(byte): byte for byte in range(0x80, 0xA0)}
    for encoding in ("cp1254", "cp1252"):
        byte_of |= {character: byte for byte in range(0x80, 0x100) if (character := _character(byte, encoding))}
    return byte_of


def _character(byte: int, encoding: str) -> str:
    return bytes([byte]).decode(encoding, errors="ignore")


@cache
def _starts() -> re.Pattern[str]:
    """How each of the sequences starts. Most texts hold no such start, and this pattern finds that out fast."""
    return re.compile(_of(0xC2, 0xF4) + _of(0x80, 0xBF))


@cache
def _sequences() -> re.Pattern[str]:
    """What UTF-8 turns into: a first character, and those that continue it, several times.

    Of frames, emoji and punctuation a last byte may be missing: some editors lose what an encoding does not define.
    """
    more = _of(0x80, 0xBF)
    two, three, four = _of(0xC2, 0xDF) + more, _of(0xE0, 0xEF) + more * 2, _of(0xF0, 0xF4) + more * 3
    short = f"{_of(0xE2, 0xE2)}(?:{_of(0x80, 0x80)}|{_of(0x94, 0x95)})|{_of(0xF0, 0xF0)}{_of(0x9F, 0x9F)}{more}?"
    return re.compile(f"(?:{four}|{three}|{two}|{short})+")


def _of(first: int, last: int) -> str:
    """A set, as `re` writes it, of the characters that are read from the bytes `first` to `last`."""
    characters = (re.escape(character) for character, byte in _bytes().items() if first <= byte <= last)
    return f"[{''.join(characters)}]"


def _undone(start: int, text: str) -> Word | None:
    """The text that was meant, decoded back as often as that gives something; None where it gives nothing."""
    meant, before = text, ""
    while meant != before and (match := _sequences().fullmatch(meant)):
        before = meant
        meant = bytes(_bytes()[character] for character in match[0]).decode(errors="replace")
    return Word(start, text, meant) if meant != text else None


def _fits(text: str, word: Word) -> bool:
    """Whether what was meant is text, and goes with the letters that it touches in script and case."""
    if any(unicodedata.category(character) in {"Cc", "Cn", "Co", "Cs"} for character in word.meant):
        return False
    before, after = text[: word.start][-1:], text[word.start + len(word.text) :][:1]
    first, last = word.meant[0], word.meant[-1]
    is_accent = unicodedata.category(first).startswith("M")
    if is_accent and not (before.isalpha() and unicodedata.name(first).startswith("COMBINING")):
        return False  # without the letter that it belongs to
    touching = [pair for pair in ((before, first), (after, last)) if all(map(str.isalpha, pair))]
    if any(neighbour.isascii() and not _is_latin(letter) for neighbour, letter in touching):
        return False
    letters = [character for character in word.meant if character.isalpha()]
    among_capitals = before.isupper() and (after.isupper() or not after.isalpha())
    return not (among_capitals and any(letter.islower() for letter in letters))


def _is_latin(letter: str) -> bool:
    return ord(letter) in _LATIN or ord(letter) in _LATIN_MORE


def _is_honest(text: str, word: Word) -> bool:
    """Whether it may be meant as it stands: a capital, or a word of one letter, before a quote, a dash or a sign."""
    end = word.start + len(word.text)
    signs = _TYPOGRAPHIC.match(text, word.start + 1)
    if not word.text[0].isalpha() or signs is None or signs.end() < end:
        return False
    before = text[: word.start][-1:]
    return not before.isalpha() or before.isupper() == word.text[0].isupper()


def _is_common(meant: str) -> bool:
    """Whether it is no letter, or one of Western Europe: others are rarer than the honest text that looks like them."""
    return all(not character.isalpha() or ord(character) < 0x100 or character in "œŒ" for character in meant)
