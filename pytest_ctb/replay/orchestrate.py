"""Collect the evidence of a run once: from the cache of earlier runs, and from a server.

The orchestrator decides how many processes replay, goes on with another server where one is lost, and shares the
evidence between the workers of pytest-xdist.
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
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import CtbError, LostError, ServerError, StoppedError, crashed
from pytest_ctb.model import Evidence, FileEvidence, Migration, PartialEvidence, Repository, Trouble
from pytest_ctb.postgres import Choice, Start, Wanted, choose
from pytest_ctb.replay import steps
from pytest_ctb.replay.parts import part, seconds
from pytest_ctb.replay.summary import so_far, summed_up
from pytest_ctb.sql import created

if TYPE_CHECKING:
    from pytest_ctb.replay.cache import Cache, Keys

_MAX_LOSSES = 8
"""How many servers may be lost in one run before the replay gives up."""
_WORTH, _WORTH_A_CONTAINER = 0.5, 4.0
"""How many seconds another process must save: its start takes one of CPU, and a container starts behind the other."""
_MAX_PROCESSES = 8
"""The most processes without `ctb_processes`: each has a server, of 20 MB of memory and 50 MB of files."""
_SHARED_FILE = "evidence"


class Orchestrator:
    """Collects the evidence of a repository on the first request, and keeps it."""

    def __init__(self, repository: Repository, settings: Settings, cache: Cache | None = None) -> None:
        self._repository = repository
        self.settings = settings
        self._cache = cache
        self.shared_folder: Path | None = None
        """A folder in which the processes of a run share the evidence; None where only this process needs it."""
        self._starts: list[Start] = []
        """Of the servers that were begun early and that no replay has used yet."""
        self.steps: Path | None = None
        """The file in which the replay notes how far it is; None where nobody reads it."""
        self.stopped: Evidence | None = None
        """The evidence of the first migrations, without a final state, where Ctrl-C ended the replay; else None."""

    @cached_property
    def choice(self) -> Choice:
        """The server that will replay, not started yet. Raises NoServerError where there is none, ConfigError."""
        files = (*self.settings.prelude, *self._repository.by_path.values())
        return choose(
            Wanted(
                where=self.settings.where,
                major=self.settings.major,
                image=self.settings.image,
                extensions=_created(files, "EXTENSION"),
                stand_ins=self.settings.stand_ins,
                roles=_created(self.settings.prelude, "ROLE"),
                owner=self.settings.role.partition(":")[2],
            )
        )

    @contextmanager
    def start_early(self) -> Iterator[None]:
        """Start the servers in the background, before `replay` needs them, and stop them when the block ends.

        Does nothing where they are begun already, and where several processes share the evidence: the first that needs
        it starts the servers. Where none is needed, what a killed run left is removed all the same, as a start does.
        """
        from pytest_ctb.postgres.scratch import sweep  # noqa: PLC0415

        with ExitStack() as ends:
            if self.shared_folder is None and not self._starts:
                with suppress(CtbError):  # `replay` raises it again
                    if self._is_known:
                        sweep()
                    else:
                        self._starts = self._begin(self._processes, ends)
            yield

    def replay(self) -> Evidence:
        """The evidence, collected once for all processes of the run.

        Raises CtbError: the same error each time, where the first attempt failed.
        """
        if isinstance(self._evidence, CtbError):
            raise self._evidence.with_traceback(None)  # else the traceback grows with each test that asks
        return self._evidence

    def part(self) -> PartialEvidence:
        """The evidence of the part of the history that the settings say, collected once; raises as `replay` does."""
        if isinstance(self._observed, CtbError):
            raise self._observed.with_traceback(None)
        return self._observed

    def if_available(self) -> Evidence | None:
        """The evidence if this or another process of the run has collected it; None otherwise. Starts no server."""
        if not self.is_over or not self.settings.shard.is_whole:
            return None
        return self._evidence if isinstance(self._evidence, Evidence) else None

    @property
    def caches(self) -> bool:
        """The next run has what this one observes."""
        return self._keys is not None

    @property
    def is_over(self) -> bool:
        """This or another process of the run has the evidence, or the error."""
        return "_observed" in vars(self) or bool(self.shared_folder and (self.shared_folder / _SHARED_FILE).exists())

    def part_if_available(self) -> PartialEvidence | None:
        """As `if_available`, of the part of the history that the settings say."""
        return self._observed if self.is_over and isinstance(self._observed, PartialEvidence) else None

    @cached_property
    def _evidence(self) -> Evidence | CtbError:
        if isinstance(self._observed, CtbError):
            return self._observed
        try:
            return summed_up(self._repository, self._observed)
        except Exception as error:  # noqa: BLE001
            return crashed(error)

    @cached_property
    def _observed(self) -> PartialEvidence | CtbError:
        return self._collect() if self.shared_folder is None else self._collect_once(self.shared_folder)

    def _collect_once(self, folder: Path) -> PartialEvidence | CtbError:
        """The evidence, or the error, from the file that the first process of the run writes for the others.

        The kernel releases the lock of a process that dies; then the next process collects the evidence.
        """
        path = folder / _SHARED_FILE
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                evidence = self._collect()
                unfinished = path.with_suffix(".half")
                with suppress(OSError):  # no room: the next process collects it again
                    unfinished.write_bytes(pickle.dumps(evidence, pickle.HIGHEST_PROTOCOL))
                    unfinished.replace(path)
                return evidence
        # Safe to unpickle: the folder belongs to this user, and nobody else may enter it.
        shared: PartialEvidence | CtbError = pickle.loads(path.read_bytes())  # noqa: S301
        return shared

    def _collect(self) -> PartialEvidence | CtbError:
        """The evidence, or the error of any kind, which is kept so that nothing fails twice."""
        try:
            return self._known if self._is_known else self._put_in_cache(self._observe())
        except CtbError as error:
            return error
        except Exception as error:  # noqa: BLE001
            return crashed(error)

    def _begin(self, number: int, ends: ExitStack) -> list[Start]:
        """Begin to start so many servers, which are stopped at the end. Raises CtbError."""
        return [ends.enter_context(self.choice.offer.begin()) for _ in range(number)]

    def _observe(self) -> PartialEvidence:
        """Replay what is not in the cache, in as many processes as are worth it, each with a server of its own.

        Where one is lost, one process alone goes on from there. A file at which a server is lost twice is left out.
        Raises CtbError.
        """
        from pytest_ctb.replay.run import observe  # noqa: PLC0415
        from pytest_ctb.replay.worker import Pool  # noqa: PLC0415

        known, processes, (first, end) = self._known, self._processes, self._part
        losses: list[LostError] = []
        while True:
            steps.begin(self.steps, len(known.files), end - first)
            try:
                with ExitStack() as ends:
                    pool = None
                    if processes > 1:
                        with suppress(OSError):  # no process can be started: this one replays everything
                            pool = Pool(processes - 1)
                            ends.callback(pool.end)
                    processes = pool.processes + 1 if pool else 1
                    starts, self._starts = self._starts or self._begin(processes, ends), []
                    servers = [ends.enter_context(starts[0]())]
                    for start in starts[1:processes]:
                        with suppress(ServerError):  # no room for another one: fewer processes replay
                            servers.append(ends.enter_context(start()))
                    return observe(servers, self._repository, self.settings, known, pool, self.steps)
            except StoppedError as stop:
                observed = PartialEvidence({**known.files, **stop.files})
                self._put_in_cache(observed)  # the next run goes on from there
                self.stopped = so_far(self._repository, observed, servers[0].info)
                raise KeyboardInterrupt from stop
            except LostError as lost:
                known = replace(known, files={**known.files, **lost.files})
                processes = 1  # so that no other process can be the cause of a second loss
                again = lost.path in {earlier.path for earlier in losses}
                losses.append(lost)
                if (again and not lost.path) or len(losses) > _MAX_LOSSES:
                    raise
                if again:
                    culprit = known.files.get(lost.path) or FileEvidence(lost.path)
                    trouble = Trouble(
                        "applying it", lost.line, f"the replay broke off there, twice: {lost}", left_out=True
                    )
                    known = replace(known, files={**known.files, lost.path: culprit._replace(trouble=trouble)})

    @cached_property
    def _part(self) -> tuple[int, int]:
        """The numbers of the first migration that is observed, and behind the last."""
        return part(self._repository.migrations, self.settings.shard)

    @property
    def _processes(self) -> int:
        """How many processes replay what is not in the cache: as many as are worth their start."""
        first, last = self._part
        files = self._repository.migrations[first + len(self._known.files) : last]
        if self.choice.offer.place == "url":  # there is one server, and no process may use that of another
            return 1
        if self.settings.processes:
            return max(1, min(self.settings.processes, len(files)))
        if not self.settings.trials:
            return 1
        # With n processes instead of n - 1, each takes 1/n(n - 1) of the time less.
        least = _WORTH_A_CONTAINER if self.choice.offer.place == "docker" else _WORTH
        worth = isqrt(int(sum(map(seconds, files)) / least))
        return max(1, min(_cores(), _MAX_PROCESSES, worth))

    @cached_property
    def _keys(self) -> Keys | None:
        """The cache keys of this replay; None where nothing is cached: no cache, or a server without identity."""
        identity = self.choice.offer.identity
        if self._cache is None or not identity:
            return None
        from pytest_ctb.replay.cache import keys  # noqa: PLC0415

        return keys(identity, self.settings, self._repository)

    @cached_property
    def _known(self) -> PartialEvidence:
        """The evidence of earlier runs: of the migrations up to the first that is not in the cache."""
        if self._cache is None or self._keys is None:
            return PartialEvidence()
        keys, repository, inside = self._keys, self._repository, slice(*self._part)
        paths = [migration.path for migration in repository.migrations[inside]]
        cached = ((path, self._cache.get(key)) for path, key in zip(paths, keys.files[inside], strict=True))
        files = dict(takewhile(lambda item: item[1] is not None, cached))
        if not self.settings.shard.is_last:
            return PartialEvidence(files)
        bases = {base.path: self._cache.get(key) for base, key in zip(repository.bases, keys.bases, strict=True)}
        final = self._cache.get(keys.final) if len(files) == len(paths) else None
        return PartialEvidence(files, {path: base for path, base in bases.items() if base is not None}, final)

    @property
    def _is_known(self) -> bool:
        """Whether the cache holds all of the evidence, or there is none."""
        if not self.settings.shard.is_last:
            first, last = self._part
            return len(self._known.files) == last - first
        return self._known.final is not None and len(self._known.bases) == len(self._repository.bases)

    def _put_in_cache(self, observed: PartialEvidence) -> PartialEvidence:
        """Put into the cache the evidence up to the first transient error, and return all of it."""
        if self._cache is not None and self._keys is not None:
            keys = self._keys
            lasting = [*takewhile(lambda file: not file.transient, observed.files.values())]
            entries: dict[str, Any] = dict(zip(keys.files[self._part[0] :], lasting, strict=False))
            bases = zip(keys.bases, self._repository.bases, strict=True)
            seen = ((key, observed.bases.get(base.path)) for key, base in bases)
            entries |= {key: base for key, base in seen if base and not base[0].transient}
            final = observed.final
            if len(lasting) == len(observed.files) and final and not final.trouble and not final.transient:
                entries[keys.final] = final
            self._cache.put(entries)
        return observed


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _created(files: Iterable[Migration], kind: str) -> frozenset[str]:
    """The names of the objects of one kind that files create; no extension that is created under a condition."""
    return frozenset(
        new.name
        for file in files
        for statement in file.statements
        for inner in statement.walk()
        if inner.tag == f"CREATE {kind}" and (kind != "EXTENSION" or not inner.guarded) and (new := created(inner))
    )
