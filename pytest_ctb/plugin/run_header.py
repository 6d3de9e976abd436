"""What a run tells of itself before it begins: what is judged, and on which Postgres."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_ctb.errors import CtbError
from pytest_ctb.guide.questions import Suite
from pytest_ctb.replay.orchestrate import Orchestrator


def header(suite: Suite, evidence: Orchestrator, since: str | None) -> list[str]:
    """The lines, with the reason why not a Postgres that would have come first. `since` is the git revision, if any."""
    files, bases = suite.repository.migrations, suite.repository.bases
    base = f", base schema {', '.join(one.path for one in bases)}" if bases else ""
    if suite.repository.consumer_files:
        base += f", {_count(suite.repository.consumers, 'statement')} of downstream code"
    lines = [f"ctb: {_count(files, 'migration')}, {_count(suite.guidelines, 'guideline')}{base}"]
    if suite.repository.layout:
        lines.append(f"ctb layout: {suite.repository.layout}")
    if since:
        changed = sum(one.path in suite.questions for one in files)
        lines.append(
            f"ctb since {since}: {changed} of {_count(files, 'migration')} changed; the others are only replayed"
        )
    try:
        choice = evidence.choice
    except CtbError:
        return [*lines, "ctb postgres: none (only -m ctb_static can run)"]
    refused = "".join(f"; not {one.place}: {one.reason}" for one in choice.refusals)
    without = f" without {', '.join(choice.offer.lacks)}" if choice.offer.lacks else ""
    version = f"{choice.offer.version}, " if choice.offer.version else ""
    lines.append(f"ctb postgres: {version}{choice.offer.place} ({choice.offer.detail}){without}{refused}")
    if choice.offer.stand_ins:
        names = ", ".join(choice.offer.stand_ins)
        lines.append(f"ctb stand-ins: {names} (plain SQL for what this server lacks; ctb_stand_ins = off refuses)")
    return lines


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
