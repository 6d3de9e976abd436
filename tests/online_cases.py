"""The cases of the pack `online`: `tests/packs/online/*.sql`, each with all that the pack finds in it.

A case begins with `-- case: NAME` and is one migration. A line on which a statement starts ends with the codes of what is
found there: `-- ON01 ON05`, and `-- ON08*3` for three findings. A guideline whose code stands nowhere in a case is quiet
there. Every case has a copy of `before.sql` for itself, in a schema of its own, so that one history holds all of a file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent / "packs" / "online"
BEFORE = "migrations/2000-01-01_create_before.sql"
THEMES = sorted(path.stem for path in HERE.glob("*.sql") if path.stem != "before")
_CODES = re.compile(r" -- ((?:ON\d\d(?:\*\d+)? ?)+)$")
_SCHEMA = re.compile(r"\bshop\b")


@dataclass(frozen=True)
class OnlineCase:
    """One migration, and what is found in it."""

    theme: str
    name: str
    sql: str
    number: int

    def __str__(self) -> str:
        return f"{self.theme}: {self.name}"

    @property
    def path(self) -> str:
        """Its file in a repository; the files apply in the order of the cases."""
        return f"migrations/{2001 + self.number // 300}-{1 + self.number // 25 % 12:02}-{1 + self.number % 25:02}_add_case.sql"

    @property
    def expected(self) -> Counter[tuple[str, int]]:
        """How often each code is found on each line."""
        counts: Counter[tuple[str, int]] = Counter()
        for number, line in enumerate(self.sql.split("\n"), 1):
            if codes := _CODES.search(line):
                for code in codes[1].split():
                    name, _, count = code.partition("*")
                    counts[name, number] += int(count or 1)
        return counts

    def of(self, text: str) -> str:
        """A text about the schema `shop` as one about the schema of this case."""
        return _SCHEMA.sub(f"shop_{self.number}", text)


def before() -> str:
    """What each case stands on."""
    return (HERE / "before.sql").read_text("utf-8")


def cases(theme: str) -> list[OnlineCase]:
    """The cases of one file."""
    return split(theme, HERE / f"{theme}.sql")


def split(theme: str, path: Path) -> list[OnlineCase]:
    """The cases of a file, which need not be one of the pack's."""
    parts = re.split(r"^-- case: (.*)\n", path.read_text("utf-8"), flags=re.MULTILINE)
    return [
        OnlineCase(theme, name, sql, number)
        for number, (name, sql) in enumerate(zip(parts[1::2], parts[2::2], strict=True))
    ]


def every_case() -> Iterator[OnlineCase]:
    """The cases of all files."""
    for theme in THEMES:
        yield from cases(theme)
