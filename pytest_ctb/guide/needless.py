"""Which guidelines the tool of a migration makes needless, and which are judged all the same, as they are asked for."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from pytest_ctb.config.packaged import packaged
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.declarative import check_of
from pytest_ctb.model import Guideline, Level, Tool


def with_also(guidelines: Sequence[Guideline], names: Iterable[str]) -> tuple[Guideline, ...]:
    """The guidelines, those that `ctb_also` names (by id or code) switched on.

    Raises ConfigError where it names none.
    """
    by_name = {name: guideline for guideline in guidelines for name in (guideline.id, guideline.code)}
    switched_on = set()
    for name in names:
        if name not in by_name:
            near = difflib.get_close_matches(name, by_name, n=1)
            hint = f"; did you mean {near[0]}?" if near else " (`ctb explain` lists them)"
            raise ConfigError(f"ctb_also (--ctb-also) {name}: no guideline has that id or code{hint}")
        switched_on.add(by_name[name].id)
    return tuple(
        replace(guideline, level=Level.ERROR)
        if guideline.id in switched_on and guideline.level is Level.OFF
        else guideline
        for guideline in guidelines
    )


def asked_for(root: Path, guidelines: Iterable[Guideline], names: Collection[str]) -> frozenset[str]:
    """The ids of the guidelines that a repository asks for by name: in a file of its own, or with `ctb_also`."""
    home = packaged().resolve()
    return frozenset(
        guideline.id
        for guideline in guidelines
        if not {guideline.id, guideline.code}.isdisjoint(names)
        or not (root / guideline.path).resolve().is_relative_to(home)
    )


def why_needless(guideline: Guideline, tool: Tool, asked: Collection[str]) -> str:
    """Why a guideline is not judged in the files of a tool; empty where it is, because it is needed or asked for."""
    return "" if guideline.id in asked else check_of(guideline).needless(tool)
