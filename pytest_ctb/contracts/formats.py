"""The formats of text that a contract names, checked as Postgres would: never more is taken than Postgres takes."""

from __future__ import annotations

import calendar
import ipaddress
import re
from collections.abc import Callable, Mapping
from functools import cache

_DAY = re.compile(
    r"(\d{4,7})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?)?([Zz]|[+-]\d\d:\d\d(?::\d\d)?)?( BC)?", re.ASCII
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LAST = {"date": (5874897, 12, 31), "timestamp": (294276, 12, 31)}
_EARLIEST = (-4712, 11, 24)
"""4713-11-24 BC, the first day of the Julian calendar that Postgres counts from."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)


def search(pattern: str, text: str) -> bool:
    """Tell whether a pattern is found; its `$` is the end of the text, as in Postgres and JavaScript."""
    return bool(_compiled(pattern).search(text))


def _moment(  # noqa: PLR0911  # each line a reason to refuse
    text: str, *, time: bool, zone: bool, years: str, standard: bool = False
) -> bool:
    found = _DAY.fullmatch(text)
    if found is None or bool(found[4]) is not time or bool(found[7]) is not zone:
        return False
    year = int(found[1])
    if standard and (found[8] or len(found[1]) > 4 or (found[7] and len(found[7]) > 6)):
        return False
    if not year or (len(found[1]) > 4 and found[1].startswith("0")):
        return False
    year = 1 - year if found[8] else year
    month, day = int(found[2]), int(found[3])
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year % 400 + 2000, month)[1]:
        return False
    if not _EARLIEST <= (year, month, day) <= _LAST[years]:
        return False
    if time and (int(found[4]) > 23 or int(found[5]) > 59 or int(found[6]) > 59):
        return False
    return not zone or _zone(found[7])


def _zone(text: str) -> bool:
    parts = [] if text in "Zz" else [int(one) for one in text[1:].split(":")]
    return not parts or (parts[0] <= 15 and all(one <= 59 for one in parts[1:]))


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
    "date": lambda one: _moment(one, time=False, zone=False, years="date", standard=True),
    "date-time": lambda one: _moment(one, time=True, zone=True, years="timestamp", standard=True),
    "uuid": lambda one: bool(_UUID.fullmatch(one)),
    "postgres-date": lambda one: _moment(one, time=False, zone=False, years="date"),
    "postgres-timestamp": lambda one: _moment(one, time=True, zone=False, years="timestamp"),
    "postgres-timestamptz": lambda one: _moment(one, time=True, zone=True, years="timestamp"),
    "postgres-inet": lambda one: _address(one, network=False),
    "postgres-cidr": lambda one: _address(one, network=True),
}
"""Whether a text has the form, by the name of the form; of others nothing is asked."""
