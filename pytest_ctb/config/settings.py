"""What the user chose of the replay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Migration, Trial

MOST_PROCESSES = 99


@dataclass(frozen=True)
class Settings:
    """What the user chose of the replay."""

    where: str = field(default="auto", repr=False)
    """A place, or a URL, which may hold a password."""
    major: int | None = None
    image: str | None = None
    role: str = "owner"
    timeout: float = 60.0
    """Of one statement, in seconds."""
    disk: int = 2048
    """Of the server's, in MB, for one file."""
    prelude: tuple[Migration, ...] = ()
    stand_ins: bool = True
    processes: int = 0
    """That replay, this one included; 0 where that is ours to say."""
    trials: frozenset[Trial] = frozenset(Trial)
    queries: tuple[str, ...] = ()
    """What guidelines ask of the replayed database."""


def settings(told: Callable[[str, str], str]) -> Settings:
    """The settings that are words; `told` gives what is told under an ini key (and its option), else the default.

    Raises ConfigError where one cannot be meant.
    """
    version, timeout = told("ctb_postgres_version", ""), told("ctb_timeout", "60")
    if version and not version.isdecimal():
        raise ConfigError(f"--ctb-postgres-version {version}: not a major version, as 17 is")
    try:
        seconds = float(timeout)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e7:
        raise ConfigError(f"--ctb-timeout {timeout}: not a number of seconds")
    disk = told("ctb_disk", "2048")
    if not disk.isdecimal() or not 0 < int(disk) < 1 << 30:
        raise ConfigError(f"--ctb-disk {disk}: not a number of megabytes")
    where, role = told("ctb_postgres", "auto"), told("ctb_role", "owner")
    if role not in {"owner", "superuser"}:
        raise ConfigError(f"--ctb-role {role}: say owner or superuser")
    if role == "superuser" and "://" in where:
        raise ConfigError("--ctb-role superuser: not on a server of others; it could change what is not ours")
    stand_ins = told("ctb_stand_ins", "on").lower()
    if stand_ins not in {"on", "off"}:
        raise ConfigError(f"--ctb-stand-ins {stand_ins}: say on or off")
    processes = told("ctb_processes", "auto").lower()
    if processes != "auto" and (not processes.isdecimal() or not 0 < int(processes) <= MOST_PROCESSES):
        raise ConfigError(f"--ctb-processes {processes}: say auto, or a number from 1 to {MOST_PROCESSES}")
    return Settings(
        where=where,
        major=int(version) if version else None,
        image=told("ctb_postgres_image", "") or None,
        role=role,
        timeout=seconds,
        disk=int(disk),
        stand_ins=stand_ins == "on",
        processes=0 if processes == "auto" else int(processes),
    )
