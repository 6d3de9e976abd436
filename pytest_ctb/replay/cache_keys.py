"""What the evidence depends on, as keys: equal keys, equal evidence.

That of a migration depends on the server, on how the replay is set, on this package, and on every migration up to it;
so the keys are a chain, and a file that changes takes those behind it along.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pytest_ctb.model import Consumer, Included, Migration, Repository, Statement

if TYPE_CHECKING:
    from pytest_ctb.config.settings import Settings


class Keys(NamedTuple):
    """Of all that one replay sees."""

    files: tuple[str, ...]
    """Of each migration, in their order."""
    end: str
    """Of what is seen when all have run."""
    bases: tuple[str, ...]
    """Of each base schema."""


def keys(server: str, settings: Settings, repository: Repository) -> Keys:
    """The keys of a replay; `server` tells which programs run, in which state."""
    start = digest(
        server,
        *_code(),
        settings.role,
        str(settings.timeout),
        str(settings.disk),
        str(settings.stand_ins),
        *(text for one in settings.prelude for text in _file(one)),
    )
    base = tuple(digest(start, *_file(one)) for one in repository.bases)
    tried = sorted(one.name for one in settings.trials)
    chain = digest(start, *tried, *(text for one in repository.consumers for text in _consumer(one)))
    files = []
    for one in repository.migrations:
        chain = digest(chain, *_file(one))
        files.append(chain)
    return Keys(tuple(files), digest(chain, "end", *settings.queries), base)


def digest(*texts: str | bytes) -> str:
    """One key of several texts, each of which counts by itself."""
    found = hashlib.sha256()
    for text in texts:
        data = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
        found.update(b"%d:" % len(data))
        found.update(data)
    return found.hexdigest()[:40]


def _file(one: Migration) -> Iterator[str | bytes]:
    """All that a replay can see of a file: its text, what is sent of it, and what takes it back."""
    yield one.path
    yield one.data
    yield f"{one.tool.name} {one.version} {one.problem} {one.unapplied} {one.no_transaction} {one.exact}"
    yield repr(sorted(one.reading.variables.items()))
    yield _statements(one.sent)
    for block in one.rollbacks:
        yield f"rollback {block.position} {block.none} {block.because} {block.path}"
        yield _statements(block.statements)
    if one.down:
        yield one.down.data


def _statements(statements: Iterable[Statement]) -> str:
    """Where each stands in its file, and all of those that do not stand there so; told apart by their lengths."""
    told = []
    for one in statements:
        sql = "" if one.verbatim and not isinstance(one.position, Included) else one.sql
        rows = one.data or ""
        told.append(
            f"{one.start} {len(one.sql)} {len(sql)} {len(rows)} {one.meta} {one.added} {one.problem}\n{sql}{rows}"
        )
    return "".join(told)


def _consumer(one: Consumer) -> Iterator[str]:
    yield f"{one.sender!r} {one.position} {one.places}"
    yield one.sql


@cache
def _code() -> tuple[str, ...]:
    """This package, the driver and the parser, as they are installed."""
    here = Path(__file__).parents[1]
    found = [sys.version]
    for folder, _, names in os.walk(here):
        found += [_stated(Path(folder, name)) for name in sorted(names) if name.endswith((".py", ".sql"))]
    for name in ("psycopg", "postgast"):
        spec = find_spec(name)
        found += [_stated(Path(spec.origin))] if spec and spec.origin else []
    return tuple(sorted(found))


def _stated(path: Path) -> str:
    about = path.stat()
    return f"{path} {about.st_size} {about.st_mtime_ns}"
