"""What earlier runs observed, kept in pytest's cache under keys of what it depends on: equal keys, equal evidence.

That of a migration depends on the server, on how the replay is set, on this package, and on every migration up to it;
so the keys are a chain, and a file that changes takes those behind it along.

The file is signed with a key that lies in the user's own cache: one that a repository brings along, or that somebody
else wrote, is not read. It is rewritten as a whole, and whoever comes last wins: what is lost is observed again.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import pickle
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_ctb.model import Consumer, Included, Migration, Repository, Statement
from pytest_ctb.postgres.data_directory import cache_folder
from pytest_ctb.repository import atomic_file

if TYPE_CHECKING:
    from pytest_ctb.config.settings import Settings

_NAME = "evidence"
_SPARE = 2
"""For each entry in use so many others are kept: those of another branch, say."""


class Cache:
    """The entries that lie in a folder."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        self._path = folder / _NAME
        self._fresh = fresh
        """Nothing is found, but what is put is kept."""

    def get(self, key: str) -> Any:
        """What was put under a key, or None."""
        pickled = self._entries.get(key)
        return None if pickled is None else pickle.loads(pickled)  # noqa: S301  # signed by this user

    def put(self, entries: Mapping[str, Any]) -> None:
        """Keep these, and some that earlier runs have put; where it cannot be, nothing is kept."""
        old = self._entries
        if self._key is None or entries.keys() <= old.keys():
            return
        pickled = {
            key: old[key] if key in old else pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
            for key, value in entries.items()
        }
        others = [key for key in old if key not in pickled][-_SPARE * len(pickled) :]
        data = pickle.dumps({**{key: old[key] for key in others}, **pickled}, pickle.HIGHEST_PROTOCOL)
        with contextlib.suppress(OSError):
            atomic_file.write(self._path, self._signature(self._key, data) + data)

    @cached_property
    def _entries(self) -> dict[str, bytes]:
        if self._key is None or self._fresh:
            return {}
        try:
            signed = self._path.read_bytes()
        except OSError:
            return {}
        signature, data = signed[:32], signed[32:]
        if not hmac.compare_digest(signature, self._signature(self._key, data)):
            return {}
        entries = pickle.loads(data)  # noqa: S301  # signed by this user
        assert isinstance(entries, dict)
        return entries

    @staticmethod
    def _signature(key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, hashlib.sha256)

    @cached_property
    def _key(self) -> bytes | None:
        """The user's own; None where there is no place for it."""
        ours = cache_folder()
        if ours is None:
            return None
        path = ours / "key"
        with contextlib.suppress(OSError):
            if not path.exists():
                atomic_file.write(path, token_bytes(32), over=False)
            key = path.read_bytes()
            return key if len(key) == 32 else None
        return None


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
        *(text for file in settings.prelude for text in _file(file)),
    )
    bases = tuple(digest(start, *_file(base)) for base in repository.bases)
    trials = sorted(trial.name for trial in settings.trials)
    chain = digest(start, *trials, *(text for consumer in repository.consumers for text in _consumer(consumer)))
    files = []
    for migration in repository.migrations:
        chain = digest(chain, *_file(migration))
        files.append(chain)
    return Keys(tuple(files), digest(chain, "end", *settings.queries), bases)


def digest(*texts: str | bytes) -> str:
    """One key of several texts, each of which counts by itself."""
    key = hashlib.sha256()
    for text in texts:
        data = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
        key.update(b"%d:" % len(data))
        key.update(data)
    return key.hexdigest()[:40]


def _file(file: Migration) -> Iterator[str | bytes]:
    """All that a replay can see of a file: its text, what is sent of it, and what takes it back."""
    yield file.path
    yield file.data
    yield f"{file.tool.name} {file.version} {file.problem} {file.unapplied} {file.no_transaction} {file.exact}"
    yield repr(sorted(file.reading.variables.items()))
    yield _statements(file.sent)
    for block in file.rollbacks:
        yield f"rollback {block.position} {block.none} {block.because} {block.path}"
        yield _statements(block.statements)
    if file.down:
        yield file.down.data


def _statements(statements: Iterable[Statement]) -> str:
    """Where each stands in its file, and all of those that do not stand there so; told apart by their lengths."""
    texts = []
    for statement in statements:
        verbatim = statement.verbatim and not isinstance(statement.position, Included)
        sql, rows = "" if verbatim else statement.sql, statement.data or ""
        place = f"{statement.start} {len(statement.sql)} {len(sql)} {len(rows)}"
        texts.append(f"{place} {statement.meta} {statement.added} {statement.problem}\n{sql}{rows}")
    return "".join(texts)


def _consumer(consumer: Consumer) -> Iterator[str]:
    yield f"{consumer.sender!r} {consumer.position} {consumer.places}"
    yield consumer.sql


@cache
def _code() -> tuple[str, ...]:
    """This package, the driver and the parser, as they are installed."""
    files = [
        Path(folder, name)
        for folder, _, names in os.walk(Path(__file__).parents[1])
        for name in names
        if name.endswith((".py", ".sql"))
    ]
    specs = map(find_spec, ("psycopg", "postgast"))
    files += [Path(spec.origin) for spec in specs if spec and spec.origin]
    return (sys.version, *sorted(map(_stated, files)))


def _stated(path: Path) -> str:
    about = path.stat()
    return f"{path} {about.st_size} {about.st_mtime_ns}"
