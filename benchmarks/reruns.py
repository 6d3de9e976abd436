"""What a run costs when most was seen before, against telling as many results; and a first run, which keeps it all."""

from __future__ import annotations

import shutil
from pathlib import Path

from bounds import CACHING, RERUN, Bound, Figure, Found
from timing import CTB, PYTEST, Plan, in_turn, ran
from verdicts import passed

FILES = 1_000


def measure(plan: Plan) -> list[Found]:
    """First, again, after one more migration; what the plugin `reported` takes for as many results.

    A first run is held against one with the plugin `forgetful`: whoever switches off pytest's cache as a whole also
    saves what pytest itself notes of each test.
    """
    files = plan.size(FILES)
    longer = plan.history(files + 1)
    folder = plan.copy(longer, "reruns")
    last = max((folder / "migrations").glob("*.sql"))
    text = last.read_bytes()
    run = (*CTB, "--ctb-postgres", plan.where)
    users = {"XDG_CACHE_HOME": str(plan.top / "users-cache")}  # not this user's own

    def forget() -> None:
        shutil.rmtree(folder / ".pytest_cache", ignore_errors=True)

    def first() -> float:
        forget()
        return again()

    def uncached() -> float:
        return ran((*run, "-p", "forgetful"), folder, env={**users, "PYTHONPATH": str(Path(__file__).parent)}).seconds

    def again() -> float:
        return ran(run, folder, env=users).seconds

    def unchanged() -> float:
        last.unlink(missing_ok=True)
        first()
        return again()

    def after_one_more() -> float:
        last.write_bytes(text)
        return again()

    each = round(passed(ran(run, folder, env=users).output) / (files + 1))
    last.unlink()
    many, few = (1, 1) if plan.quick else (9, 3)
    cold, filled = in_turn(many, uncached, first)  # they differ by little: it takes more turns to tell them apart
    same, more, fresh, told = in_turn(
        few,
        unchanged,
        after_one_more,
        lambda: ran((*run, "--ctb-fresh"), folder, env=users).seconds,
        lambda: telling(folder, each),
    )
    return [
        Figure(f"first run, {files:,} files", filled, "s"),
        Figure("the same, keeping nothing for later", cold, "s"),
        Figure("first run : keeping nothing", filled / cold, "", Bound(CACHING)),
        Figure("again, nothing changed", same, "s"),
        Figure("again, one migration more", more, "s"),
        Figure(f"telling {each * (files + 1):,} results", told, "s"),
        Figure("one migration more - telling", more - told, "s", Bound(RERUN)),
        Figure("again, with --ctb-fresh", fresh, "s"),
    ]


def telling(folder: Path, each: int, *options: str) -> float:
    """The seconds that pytest needs to tell so many results of each migration, one report each."""
    command = (*PYTEST, "-p", "reported", "-p", "no:ctb", *options, "migrations")
    return ran(command, folder, env={"PYTHONPATH": str(Path(__file__).parent), "REPORTED": str(each)}).seconds
