"""The formats of text that a contract names; they accept no text that Postgres would refuse."""

from __future__ import annotations

import calendar
import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import cache

_DAY = re.compile(
    r"(?P<year>\d{4,7})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:T(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)(?:\.\d{1,9})?)?"
    r"(?P<zone>[Zz]|[+-]\d\d:\d\d(?::\d\d)?)?(?P<bc> BC)?",
    re.ASCII,
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LAST = {"date": (5874897, 12, 31), "timestamp": (294276, 12, 31)}
_EARLIEST = (-4712, 11, 24)
"""4713-11-24 BC, the first day of the Julian calendar that Postgres counts from."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)


def search(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern, whose `$` is the end of the text, as in Postgres and JavaScript."""
    return bool(_compiled(pattern).search(text))


def _moment(  # noqa: PLR0911  # a return for each reason to refuse
    text: str, *, time: bool, zone: bool, years: str, standard: bool = False
) -> bool:
    """Whether a text is a date or time of Postgres; with `standard` also one of RFC 3339."""
    match = _DAY.fullmatch(text)
    if match is None or bool(match["hour"]) is not time or bool(match["zone"]) is not zone:
        return False
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    long_year = len(match["year"]) > 4
    if standard and (match["bc"] or long_year or (match["zone"] and len(match["zone"]) > 6)):
        return False
    if not year or (long_year and match["year"].startswith("0")):
        return False
    year = 1 - year if match["bc"] else year
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year % 400 + 2000, month)[1]:
        return False
    if not _EARLIEST <= (year, month, day) <= _LAST[years]:
        return False
    if time and (int(match["hour"]) > 23 or int(match["minute"]) > 59 or int(match["second"]) > 59):
        return False
    return not zone or _zone(match["zone"])


def _zone(text: str) -> bool:
    parts = [] if text in "Zz" else [int(part) for part in text[1:].split(":")]
    return not parts or (parts[0] <= 15 and all(part <= 59 for part in parts[1:]))


def _address(text: str, *, network: bool) -> bool:
    if "%" in text or text.count("/") > 1 or (network and "/" not in text):
        return False
    address, slash, bits = text.partition("/")
    try:
        if network:
            ipaddress.ip_network(text)
        else:
            ipaddress.ip_interface(text)
        ipaddress.ip_address(address)
    except ValueError:
        return False
    return not slash or (bits.isascii() and bits.isdigit())


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date": lambda text: _moment(text, time=False, zone=False, years="date", standard=True),
    "date-time": lambda text: _moment(text, time=True, zone=True, years="timestamp", standard=True),
    "uuid": lambda text: bool(_UUID.fullmatch(text)),
    "postgres-date": lambda text: _moment(text, time=False, zone=False, years="date"),
    "postgres-timestamp": lambda text: _moment(text, time=True, zone=False, years="timestamp"),
    "postgres-timestamptz": lambda text: _moment(text, time=True, zone=True, years="timestamp"),
    "postgres-inet": lambda text: _address(text, network=False),
    "postgres-cidr": lambda text: _address(text, network=True),
}
"""For each format that is checked: a function that tells whether a text has it."""
