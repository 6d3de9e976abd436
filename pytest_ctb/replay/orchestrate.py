"""Who has the evidence of a run, once: from what earlier runs observed of the same files, and from a server.

It decides how many processes replay, goes on with another server where one is lost, and lets processes of pytest-xdist
share what the first of them has.
"""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import CtbError, LostError, crashed
from pytest_ctb.model import Evidence, FileEvidence, Migration, Observed, Repository, Trouble
from pytest_ctb.postgres import Choice, Start, Wanted, choose
from pytest_ctb.replay.summary import summed_up
from pytest_ctb.sql import created

if TYPE_CHECKING:
    from pytest_ctb.replay.cache import Cache, Keys

_LOSSES = 8
"""So often a server may be lost in one run; a machine that loses more serves nobody."""
_ENOUGH = 100
"""So many migrations pay for a process."""
_MOST = 8
"""So many processes may use a server whose user has not said how many: each has a few connections."""
_SHARED = "evidence"


class Orchestrator:
    """Has the evidence of a repository when it is asked for, and keeps it."""

    def __init__(self, repository: Repository, settings: Settings, cache: Cache | None = None) -> None:
        self._repository = repository
        self.settings = settings
        self._cache = cache
        self.shared: Path | None = None
        """A folder that all processes see that want this evidence; None where there is one."""
        self._start: Start | None = None

    @cached_property
    def choice(self) -> Choice:
        """Which server will replay; starts none. Raises NoServerError where none can, ConfigError for a wrong name."""
        files = (*self.settings.prelude, *self._repository.by_path.values())
        return choose(
            Wanted(
                where=self.settings.where,
                major=self.settings.major,
                image=self.settings.image,
                extensions=_created(files, "EXTENSION"),
                stand_ins=self.settings.stand_ins,
                roles=_created(self.settings.prelude, "ROLE"),
            )
        )

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Let the server start in the background, before it is asked for; it is gone when the block ends.

        Not where several processes want the evidence: the first that asks for it starts the server.
        """
        with ExitStack() as ends:
            if self.shared is None:
                with suppress(CtbError):  # `replay` meets it again, and tells it to those who ask
                    if not self._is_known:
                        self._start = ends.enter_context(self.choice.offer.begin())
            yield

    def replay(self) -> Evidence:
        """The evidence: had once, whoever asks again, in this process or in another of the run.

        Raises CtbError: the same each time, whatever went wrong the first time.
        """
        if isinstance(self._evidence, CtbError):
            raise self._evidence.with_traceback(None)  # else it would grow with each test that asks
        return self._evidence

    def stored(self) -> Evidence | None:
        """The evidence if it is there by now, whichever process had it; starts nothing."""
        if "_evidence" not in vars(self) and not (self.shared and (self.shared / _SHARED).exists()):
            return None
        return self._evidence if isinstance(self._evidence, Evidence) else None

    @cached_property
    def _evidence(self) -> Evidence | CtbError:
        return self._had() if self.shared is None else self._had_by_one(self.shared)

    def _had_by_one(self, shared: Path) -> Evidence | CtbError:
        """The evidence that the first process which asks leaves for the others, or why there is none.

        The kernel takes the lock back from one that dies; then the next one does it all.
        """
        path = shared / _SHARED
        with (shared / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                had = self._had()
                half = path.with_suffix(".half")
                with suppress(OSError):  # no room: the next one does it again
                    half.write_bytes(pickle.dumps(had, pickle.HIGHEST_PROTOCOL))
                    half.replace(path)
                return had
        # In a folder of our own that nobody else may enter.
        left: Evidence | CtbError = pickle.loads(path.read_bytes())  # noqa: S301
        return left

    def _had(self) -> Evidence | CtbError:
        """Whatever is raised, ours or not, is kept: nobody meets it twice."""
        try:
            observed = self._known if self._is_known else self._cached(self._observed())
            return summed_up(self._repository, observed)
        except CtbError as error:
            return error
        except Exception as error:  # noqa: BLE001
            return crashed(error)

    def _observed(self) -> Observed:
        """All that is to be seen. Where a server is lost, the next one goes on from there.

        That one process does alone. A file at which a server is lost twice is to blame, and is left out from then on.
        Raises CtbError.
        """
        from pytest_ctb.replay.run import observe  # noqa: PLC0415
        from pytest_ctb.replay.worker import Pool  # noqa: PLC0415

        known, processes = self._known, self._processes
        losses: list[LostError] = []
        while True:
            try:
                with ExitStack() as ends:
                    pool = None
                    if processes > 1:
                        with suppress(OSError):  # where no process can be started, this one does it all
                            pool = Pool(processes - 1)
                            ends.callback(pool.end)
                    start, self._start = self._start, None
                    start = start or ends.enter_context(self.choice.offer.begin())
                    server = ends.enter_context(start())
                    return observe(server, self._repository, self.settings, known, pool)
            except LostError as lost:
                known = replace(known, files={**known.files, **lost.files})
                processes = 1  # else another process may be to blame for what a file meets
                again = lost.path in {earlier.path for earlier in losses}
                losses.append(lost)
                if (again and not lost.path) or len(losses) > _LOSSES:
                    raise
                if again:
                    blamed = known.files.get(lost.path) or FileEvidence(lost.path)
                    trouble = Trouble(
                        "applying it", lost.line, f"the replay broke off there, twice: {lost}", left_out=True
                    )
                    known = replace(known, files={**known.files, lost.path: blamed._replace(trouble=trouble)})

    @property
    def _processes(self) -> int:
        """How many processes replay what is not known: each has to pay for its start."""
        files = len(self._repository.migrations) - len(self._known.files)
        if self.settings.processes:
            return min(self.settings.processes, files)
        if not self.settings.trials or self.choice.offer.place == "url":  # a server of others is not ours to load
            return 1
        return max(1, min(_cores(), _MOST, files // _ENOUGH))

    @cached_property
    def _keys(self) -> Keys | None:
        """None where nothing can be cached: there is no place for it, or nobody can tell what the server is."""
        identity = self.choice.offer.identity
        if self._cache is None or not identity:
            return None
        from pytest_ctb.replay.cache import keys  # noqa: PLC0415

        return keys(identity, self.settings, self._repository)

    @cached_property
    def _known(self) -> Observed:
        """What earlier runs observed of the same files, up to the first that is not known."""
        if self._cache is None or self._keys is None:
            return Observed()
        keys, repository = self._keys, self._repository
        paths = [migration.path for migration in repository.migrations]
        cached = ((path, self._cache.get(key)) for path, key in zip(paths, keys.files, strict=True))
        files = dict(takewhile(lambda item: item[1] is not None, cached))
        bases = {base.path: self._cache.get(key) for base, key in zip(repository.bases, keys.bases, strict=True)}
        end = self._cache.get(keys.end) if len(files) == len(paths) else None
        return Observed(files, {path: base for path, base in bases.items() if base is not None}, end)

    @property
    def _is_known(self) -> bool:
        """Nothing is left to be observed."""
        return self._known.end is not None and len(self._known.bases) == len(self._repository.bases)

    def _cached(self, observed: Observed) -> Observed:
        """The same, kept for later runs, up to where something went wrong that these may not meet."""
        if self._cache is not None and self._keys is not None:
            keys = self._keys
            lasting = [*takewhile(lambda file: not file.passing, observed.files.values())]
            entries: dict[str, Any] = dict(zip(keys.files, lasting, strict=False))
            bases = zip(keys.bases, observed.bases.values(), strict=True)
            entries |= {key: base for key, base in bases if not base[0].passing}
            if len(lasting) == len(observed.files) and observed.end and not observed.end.trouble:
                entries[keys.end] = observed.end
            self._cache.put(entries)
        return observed


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _created(files: Iterable[Migration], kind: str) -> frozenset[str]:
    """The objects of one kind that files create: where nothing decides in the file itself whether they shall be."""
    return frozenset(
        made.name
        for file in files
        for statement in file.statements
        for inner in statement.walk()
        if inner.tag == f"CREATE {kind}" and (kind != "EXTENSION" or not inner.guarded) and (made := created(inner))
    )
