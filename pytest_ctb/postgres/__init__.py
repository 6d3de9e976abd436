"""Where a throwaway Postgres comes from: four places, one small module each, behind one function, `look`.

A place answers with an Offer, which starts a server when asked, or with a Refusal, which says why not and how to get
one. Nothing is started before it is needed, and nothing that was started outlives the `with` block that started it.
"""

from __future__ import annotations

from importlib import import_module
from typing import Protocol

from pytest_ctb.errors import ConfigError, NoServerError
from pytest_ctb.model import imports
from pytest_ctb.postgres.extensions import elsewhere
from pytest_ctb.postgres.place import (
    PLAIN,
    Choice,
    Offer,
    Refusal,
    Server,
    Start,
    Wanted,
    connect,
    drop_database,
    forget,
    our_roles,
    signature,
)

__all__ = [
    "PLAIN",
    "Choice",
    "Offer",
    "Refusal",
    "Server",
    "Start",
    "Wanted",
    "choose",
    "connect",
    "drop_database",
    "elsewhere",
    "forget",
    "our_roles",
    "signature",
]

PLACES = ("local", "embedded", "docker")
"""What `auto` tries, in this order: what starts fastest and is most like the user's own comes first."""


class Place(Protocol):
    """What each module of this package is."""

    def look(self, wanted: Wanted) -> Offer | Refusal:
        """Say whether a server as wanted can be had here; starts nothing."""
        ...


def choose(wanted: Wanted) -> Choice:
    """The first place that has what is wanted, else that which lacks the fewest extensions; and why not those before.

    Raises NoServerError where none has a server, and ConfigError where `wanted.where` names no place.
    """
    if wanted.where.startswith(("postgresql://", "postgres://")):
        names: tuple[str, ...] = ("url",)
    elif wanted.where == "auto":
        names = PLACES
    elif wanted.where in PLACES:
        names = (wanted.where,)
    else:
        told = f" {wanted.where!r}" if wanted.where.isalnum() else ""  # what is no word may hold a password
        raise ConfigError(f"--ctb-postgres{told} is no place: say auto, {', '.join(PLACES)}, or a postgresql:// URL")
    answers: list[Offer | Refusal] = []
    for name in names:
        answers.append(_place(name).look(wanted))
        if isinstance(answers[-1], Offer) and not any(answers[-1].shortfall):
            break
    offers = [one for one in answers if isinstance(one, Offer)]
    if not offers:
        raise NoServerError(_no_server(wanted, [one for one in answers if isinstance(one, Refusal)]))
    best = min(offers, key=lambda one: one.shortfall)
    before = answers[: answers.index(best)]
    return Choice(best, tuple(one.why_not() if isinstance(one, Offer) else one for one in before))


def _place(name: str) -> Place:
    with imports.direct():
        return import_module(f"{__name__}.{name}")  # a module is the Place


def _no_server(wanted: Wanted, refusals: list[Refusal]) -> str:
    what = f"Postgres {wanted.major}" if wanted.major else "Postgres"
    lines = [f"no throwaway {what} can be had.", "", "What was tried:"]
    lines += [f"  {one.place}: {one.reason}" for one in refusals]
    lines += ["", "To get one, any of:"]
    lines += [f"  {one.place}: {one.remedy}" for one in refusals]
    lines += ["", "Without a server, `pytest --ctb -m ctb_static` judges what needs none."]
    return "\n".join(lines)
