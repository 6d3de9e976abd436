"""The evidence of earlier runs in pytest's cache, under keys of all that it depends on: equal keys, equal evidence.

The evidence of a migration depends on the server, the settings, this package, and all migrations up to it. So the keys
are a chain: a file that changes changes the keys of all files after it.

The cache is one file a database, signed with a key from the user's cache folder: a file that somebody else wrote, or
that came with a repository, is not read. The file is rewritten as a whole. Where two runs write at once the last one
wins, and what is lost is observed again.
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
from pytest_ctb.repository import writing

if TYPE_CHECKING:
    from pytest_ctb.config.settings import Settings

_NAME = "evidence"
_SPARE = 2
"""How many unused entries are kept for each used one, for another branch say."""


class Cache:
    """The cached evidence in a folder, by key."""

    def __init__(self, folder: Path, database: str = "", *, fresh: bool = False, kind: str = _NAME) -> None:
        """`database`: its name, where a repository has several; each has a file of its own for each kind."""
        self._path = folder / (f"{kind}.{database}" if database else kind)
        self._fresh = fresh
        """Whether to read no entries, only write new ones."""

    def get(self, key: str) -> Any:
        """The value of a key; None where there is none."""
        pickled = self._entries.get(key)
        return None if pickled is None else pickle.loads(pickled)  # noqa: S301  # signed by this user

    def put(self, entries: Mapping[str, Any], *, over: bool = False) -> None:
        """Write these entries, and some of earlier runs; writes nothing where the file cannot be written.

        With `over` they take the place of earlier ones with the same keys.
        """
        old = {key: value for key, value in self._entries.items() if not (over and key in entries)}
        if self._key is None or entries.keys() <= old.keys():
            return
        pickled = {
            key: old[key] if key in old else pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
            for key, value in entries.items()
        }
        others = [key for key in old if key not in pickled][-_SPARE * len(pickled) :]
        data = pickle.dumps({**{key: old[key] for key in others}, **pickled}, pickle.HIGHEST_PROTOCOL)
        with contextlib.suppress(OSError):
            writing.store(self._path, self._signature(self._key, data) + data)

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
        """The user's key, for signatures; None where it can be neither read nor created."""
        folder = cache_folder()
        if folder is None:
            return None
        path = folder / "key"
        with contextlib.suppress(OSError):
            if not path.exists():
                writing.store(path, token_bytes(32), over=False)
            key = path.read_bytes()
            return key if len(key) == 32 else None
        return None


class Keys(NamedTuple):
    """The cache keys of one replay."""

    files: tuple[str, ...]
    """One for each migration, in their order."""
    final: str
    """Of the FinalState."""
    bases: tuple[str, ...]
    """One for each base schema."""


def keys(server: str, settings: Settings, repository: Repository) -> Keys:
    """The keys of a replay. `server` identifies the programs of the server, and their version."""
    start = digest(server, *code(), *_settings(settings), *(text for file in settings.prelude for text in _file(file)))
    bases = tuple(digest(start, *_file(base)) for base in repository.bases)
    trials = sorted(trial.name for trial in settings.trials)
    chain = digest(start, *trials, *(text for consumer in repository.consumers for text in _consumer(consumer)))
    files = []
    for migration in repository.migrations:
        chain = digest(chain, *_file(migration))
        files.append(chain)
    return Keys(tuple(files), digest(chain, f"end {bool(repository.bases)}", *settings.queries), bases)


def inputs(settings: Settings, repository: Repository) -> Mapping[str, str]:
    """Digests of what the evidence of a whole history depends on, equal on every machine.

    Programs are not in them, nor the trials: these are those that the questions of a run need.
    """
    files = (*settings.prelude, *repository.migrations, *repository.bases)
    return {
        "files": digest(
            *(text for file in files for text in _file(file)),
            *(text for consumer in repository.consumers for text in _consumer(consumer)),
        ),
        "settings": digest(*_settings(settings), *settings.queries),
    }


def _settings(settings: Settings) -> tuple[str, ...]:
    return settings.role, str(settings.timeout), str(settings.disk), str(settings.stand_ins)


def digest(*texts: str | bytes) -> str:
    """A hash of several texts; it also depends on where one text ends and the next begins."""
    key = hashlib.sha256()
    for text in texts:
        data = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
        key.update(b"%d:" % len(data))
        key.update(data)
    return key.hexdigest()[:40]


def _file(file: Migration) -> Iterator[str | bytes]:
    """All of a file that its evidence depends on: its text, the statements that are sent, and its rollback."""
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
    """The place of each statement in its file, and the text of those that the file does not hold letter for letter."""
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
def code() -> tuple[str, ...]:
    """The installed files of this package, of the driver and of the parser, with their sizes and times."""
    files = [
        Path(folder, name)
        for folder, _, names in os.walk(Path(__file__).parents[1])
        for name in names
        if name.endswith((".py", ".sql"))
    ]
    specs = map(find_spec, ("psycopg", "postgast"))
    files += [Path(spec.origin) for spec in specs if spec and spec.origin]
    return (sys.version, *sorted(map(_file_state, files)))


def _file_state(path: Path) -> str:
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"
