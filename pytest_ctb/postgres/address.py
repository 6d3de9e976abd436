"""Where a server is, as people write it: read so that no part of a password is ever taken for something to show."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pytest_ctb.errors import ConfigError

_URL = re.compile(r"\s*\w+:/")
_HOST = re.compile(r"[\w.:%-]*|[/@].*", re.ASCII | re.DOTALL)
"""A name, an address, or the folder of a socket."""
_PORTS = re.compile(r"[0-9,]*")
_SECRETS = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")


_MAY_HOLD = re.compile(r"://[^\s/@]*:[^\s]*@|password", re.IGNORECASE)


def without_addresses(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables for a process in the background: none is of libpq, or holds a password as far as that shows."""
    return {
        name: value for name, value in environment.items() if not (name.startswith("PG") or _MAY_HOLD.search(value))
    }


class Address(dict[str, str]):
    """What libpq needs to connect, by its own names; a traceback shows the names alone."""

    def __repr__(self) -> str:
        return f"<{', '.join(self)}>"


def secrets(options: Mapping[str, str]) -> Iterable[str]:
    """What nobody may read of it."""
    return {value for name, value in options.items() if name in _SECRETS and value}


def address(text: str, source: str, what: str = "a postgresql:// URL") -> Address:
    """What a connection string says, a `postgresql://` URL or libpq's own words, as told by `source`.

    One with a character that should be written in another way libpq may read in another way than it was meant: the rest
    of a password as the host, say, which messages show. It is refused. Raises ConfigError, which quotes nothing.
    """
    import psycopg  # noqa: PLC0415  # its import takes long; see place.py
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        told = conninfo_to_dict(text)
    except (psycopg.Error, UnicodeError, ValueError):
        told = {}
    found = Address({name: str(value) for name, value in told.items() if value is not None})
    if not found or _is_ambiguous(text, found):
        raise ConfigError(
            f"{source}: not {what} that libpq understands, as postgresql://user@host:5432/name is (special characters "
            "in a password are written as %40 for @, %2F for /, %3A for :, %25 for %, %20 for a space and so on)"
        ) from None
    return found


def _is_ambiguous(text: str, found: Address) -> bool:
    """Whether what is shown of it may be a part of its password."""
    name = found.get("dbname", "")
    if "://" in name or any(f"{one}=" in name for one in _SECRETS):
        return True
    if not all(_HOST.fullmatch(one) for key in ("host", "hostaddr") for one in found.get(key, "").split(",")):
        return True
    if not _PORTS.fullmatch(found.get("port", "")):
        return True
    if not _URL.match(text):
        return False
    # As libpq does: up to the first @ are user and password, unless a slash comes first.
    rest = text.partition("://")[2]
    first = re.search("[@/]", rest)
    place = (rest[first.end() :] if first and first[0] == "@" else rest).partition("?")[0]
    return "@" in place or ":" in found.get("user", "")
