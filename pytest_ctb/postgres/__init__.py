"""Where a throwaway Postgres comes from: four places, one module each, behind one function, `look`.

A place returns an Offer, which can start a server, or a Refusal, which says why not and how to get one. Nothing is
started before it is needed, and nothing outlives the `with` block that started it.
"""

from __future__ import annotations

from importlib import import_module
from operator import attrgetter
from typing import Protocol

from pytest_ctb.errors import ConfigError, NoServerError
from pytest_ctb.model.misspelt import did_you_mean
from pytest_ctb.postgres.extensions import elsewhere
from pytest_ctb.postgres.place import (
    PLAIN,
    Choice,
    Offer,
    Refusal,
    Server,
    Start,
    Wanted,
    drop_database,
    drop_databases_and_roles,
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
    "drop_database",
    "drop_databases_and_roles",
    "elsewhere",
    "our_roles",
    "signature",
]

PLACES = ("local", "embedded", "docker")
"""The places that `auto` tries, in this order: first what starts fastest and is most like the user's own server."""


class Place(Protocol):
    """The interface of a module that is a place."""

    def look(self, wanted: Wanted) -> Offer | Refusal:
        """Return an offer of a server as wanted, or why there is none; starts nothing."""
        ...


def choose(wanted: Wanted) -> Choice:
    """Choose the first place that has all that is wanted, else the one that lacks the fewest extensions.

    Raises NoServerError where none has a server, and ConfigError where `wanted.where` names no place.
    """
    if wanted.where.startswith(("postgresql://", "postgres://")):
        names: tuple[str, ...] = ("url",)
    elif wanted.where == "auto":
        names = PLACES
    elif wanted.where in PLACES:
        names = (wanted.where,)
    else:
        name = f" {wanted.where!r}" if wanted.where.isalnum() else ""  # anything but a word may hold a password
        hint = (
            did_you_mean(wanted.where, ("auto", *PLACES)) or f": say auto, {', '.join(PLACES)}, or a postgresql:// URL"
        )
        raise ConfigError(f"--ctb-postgres{name} is not a valid value{hint}")
    answers: list[Offer | Refusal] = []
    for name in names:
        answers.append(_place(name).look(wanted))
        if isinstance(answers[-1], Offer) and not any(answers[-1].shortfall):
            break
    offers = [answer for answer in answers if isinstance(answer, Offer)]
    if not offers:
        raise NoServerError(_no_server(wanted, [answer for answer in answers if isinstance(answer, Refusal)]))
    best = min(offers, key=attrgetter("shortfall"))
    before = answers[: answers.index(best)]
    return Choice(best, tuple(answer.why_not() if isinstance(answer, Offer) else answer for answer in before))


def _place(name: str) -> Place:
    return import_module(f"{__name__}.{name}")  # the module is the place


def _no_server(wanted: Wanted, refusals: list[Refusal]) -> str:
    server = f"Postgres {wanted.major}" if wanted.major else "Postgres"
    lines = [f"no throwaway {server} can be had.", "", "What was tried:"]
    lines += [f"  {refusal.place}: {refusal.reason}" for refusal in refusals]
    lines += ["", "To get one, any of:"]
    lines += [f"  {refusal.place}: {refusal.remedy}" for refusal in refusals]
    lines += ["", "Without a server, `pytest --ctb -m ctb_static` judges what needs none."]
    return "\n".join(lines)
