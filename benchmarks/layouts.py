"""How each tool names its files, and what it wants to stand in them besides the statements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True)
class File:
    """One migration, whoever applies it."""

    name: str
    up: Sequence[str]
    down: Sequence[str] | None = None
    """The statements that take it back, of which there may be none; None where nothing says how."""
    outside: bool = False
    """It runs outside a transaction."""


def _second(number: int, form: str) -> str:
    return (datetime(2021, 1, 4, 9, 30, tzinfo=UTC) + timedelta(hours=31 * number, seconds=number % 60)).strftime(form)


def _put(path: Path, *parts: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(part for part in parts if part) + "\n", encoding="utf-8", newline="\n")


def _prisma(folder: Path, number: int, file: File) -> None:
    _put(folder / f"{_second(number, '%Y%m%d%H%M%S')}_{file.name}" / "migration.sql", *file.up)


def _pairs(folder: Path, number: int, file: File) -> None:
    stem = f"{_second(number, '%Y%m%d%H%M%S')}_{file.name}"
    _put(folder / f"{stem}.up.sql", *file.up)
    if file.down is not None:
        _put(folder / f"{stem}.down.sql", *file.down)


def _goose(folder: Path, number: int, file: File) -> None:
    """With the marks around what holds semicolons inside."""
    lines = ["-- +goose NO TRANSACTION"] if file.outside else []
    lines += ["-- +goose Up", *map(_as_block, file.up)]
    if file.down is not None:
        lines += ["", "-- +goose Down", *map(_as_block, file.down)]
    _put(folder / f"{_second(number, '%Y%m%d%H%M%S')}_{file.name}.sql", *lines)


def _as_block(statement: str) -> str:
    return f"-- +goose StatementBegin\n{statement}\n-- +goose StatementEnd" if "$$" in statement else statement


def _diesel(folder: Path, number: int, file: File) -> None:
    below = folder / f"{_second(number, '%Y-%m-%d-%H%M%S')}_{file.name}"
    _put(below / "up.sql", *file.up)
    if file.down is not None:
        _put(below / "down.sql", *(file.down or ["SELECT 1;"]))
    if file.outside:
        _put(below / "metadata.toml", "run_in_transaction = false")


def _numbered(folder: Path, number: int, file: File) -> None:
    lines = ["-- ctb:no-transaction: the index is built while others write"] if file.outside else []
    _put(folder / f"{number + 1:04}-{file.name.replace('_', '-')}.sql", *lines, *file.up)


WRITERS: dict[str, Callable[[Path, int, File], None]] = {
    "prisma": _prisma,
    "golang-migrate": _pairs,
    "goose": _goose,
    "diesel": _diesel,
    "numbered": _numbered,
}
"""By the name of the layout."""
