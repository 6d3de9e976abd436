"""Read the address of a server so that no part of a password is taken for something that may be shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pytest_ctb.errors import ConfigError

_URL = re.compile(r"\s*\w+:/")
_HOST = re.compile(r"[\w.:%-]*|[/@].*", re.ASCII | re.DOTALL)
"""A host name, an IP address, or the folder of a socket."""
_PORTS = re.compile(r"[0-9,]*")
_SECRETS = ("password", "sslpassword", "oauth_client_secret", "scram_client_key", "scram_server_key")
_PASSWORD = re.compile(r"://[^\s/@]*:[^\s]*@|password", re.IGNORECASE)


def without_addresses(environment: Mapping[str, str]) -> dict[str, str]:
    """Environment variables for a background process, without those of libpq or that seem to hold a password."""
    return {
        name: value for name, value in environment.items() if not (name.startswith("PG") or _PASSWORD.search(value))
    }


class Address(dict[str, str]):
    """The connection parameters of libpq, by name; a traceback shows only the names."""

    def __repr__(self) -> str:
        return f"<{', '.join(self)}>"


def secrets(options: Mapping[str, str]) -> Iterable[str]:
    """The values among connection parameters that are secret."""
    return {value for name, value in options.items() if name in _SECRETS and value}


def address(text: str, source: str, what: str = "a postgresql:// URL") -> Address:
    """The parameters of a connection string, a `postgresql://` URL or libpq's own form; `source` is for the message.

    Where a special character is not escaped, libpq may read the rest of a password as the host, which messages show.
    Such a string is refused. Raises ConfigError, which quotes nothing of it.
    """
    import psycopg  # noqa: PLC0415  # its import takes long; see place.py
    from psycopg.conninfo import conninfo_to_dict  # noqa: PLC0415

    try:
        parameters = conninfo_to_dict(text)
    except (psycopg.Error, UnicodeError, ValueError):
        parameters = {}
    result = Address({name: str(value) for name, value in parameters.items() if value is not None})
    if not result or _is_ambiguous(text, result):
        raise ConfigError(
            f"{source}: not {what} that libpq understands, as postgresql://user@host:5432/name is (special characters "
            "in a password are written as %40 for @, %2F for /, %3A for :, %25 for %, %20 for a space and so on)"
        ) from None
    return result


def _is_ambiguous(text: str, parsed: Address) -> bool:
    """Whether a part that may be shown could belong to the password."""
    name = parsed.get("dbname", "")
    if "://" in name or any(f"{secret}=" in name for secret in _SECRETS):
        return True
    if not all(_HOST.fullmatch(host) for key in ("host", "hostaddr") for host in parsed.get(key, "").split(",")):
        return True
    if not _PORTS.fullmatch(parsed.get("port", "")):
        return True
    if not _URL.match(text):
        return False
    # As libpq does: user and password end at the first @, unless a slash comes first.
    rest = text.partition("://")[2]
    first = re.search("[@/]", rest)
    place = (rest[first.end() :] if first and first[0] == "@" else rest).partition("?")[0]
    return "@" in place or ":" in parsed.get("user", "")
