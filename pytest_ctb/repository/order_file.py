"""`ctb-order.txt`: the order of the migrations as a person wrote it down, for files whose names give none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Migration, Order, lines
from pytest_ctb.repository import writing
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.paths import relative

LIST = "ctb-order.txt"
"""In the root of the project; one path a line, relative to the root. What stands behind a `#` is a comment."""
_HEAD = """\
# The order in which the migrations apply: one file a line. `ctb order --write` made it; it is yours to edit.
"""


def read_list(root: Path, folders: Iterable[Path] | None = None) -> tuple[str, ...] | None:
    """The paths of the list, in its order; None where there is none.

    With `folders` only those below: of a repository with several databases, each has its lines in the list, or none.
    Raises ConfigError where one stands there twice, or it cannot be read.
    """
    file = root / LIST
    if not file.is_file():
        return None
    try:
        text = read_text(file, root)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    line_of: dict[str, int] = {}
    for number, line in enumerate(lines(text), 1):
        path = line.partition("#")[0].strip()
        if path in line_of:
            raise ConfigError(f"{LIST}:{number}: {path} is in line {line_of[path]} already")
        if path:
            line_of[path] = number
    if folders is None:
        return tuple(line_of)
    below = tuple(f"{relative(root, folder)}/" for folder in folders)
    return tuple(path for path in line_of if path.startswith(below)) or None


def as_listed(
    migrations: Sequence[Migration], order: Order, paths: Sequence[str]
) -> tuple[tuple[Migration, ...], Order]:
    """The migrations in the order of the list, then those that it lacks, in the order that they have.

    Raises ConfigError where a line names no migration.
    """
    by_path = {migration.path: migration for migration in migrations}
    gone = [path for path in paths if path not in by_path]
    if gone:
        raise ConfigError(f"{LIST}: names no migration: {', '.join(gone)} (remove the line)")
    unlisted = tuple(path for path in by_path if path not in set(paths))
    migrations = tuple(by_path[path] for path in (*paths, *unlisted))
    return migrations, order._replace(cycles=(), order_file=LIST, unlisted=unlisted)


def write_list(root: Path, paths: Sequence[str], folders: Iterable[Path] | None = None) -> None:
    """Write the list, with `folders` without touching the lines of others. Raises ConfigError where it cannot."""
    if folders is not None:
        own = set(read_list(root, folders) or ())
        paths = [*(path for path in read_list(root) or () if path not in own), *paths]
    writing.write(root / LIST, (_HEAD + "".join(f"{path}\n" for path in paths)).encode())
