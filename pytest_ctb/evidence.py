"""The evidence of a run, had once: what earlier runs have seen of the same files, and the rest seen anew."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ctb import claims, garbage, imports
from pytest_ctb.errors import CtbError, ServerError
from pytest_ctb.model import FileReplay, Migration, Replay, Repository, Seen
from pytest_ctb.postgres import Choice, Start, Wanted, checkpoint, choose, furthest
from pytest_ctb.settings import Settings
from pytest_ctb.summary import summed_up

if TYPE_CHECKING:
    from pytest_ctb.keys import Keys
    from pytest_ctb.memory import Memory
    from pytest_ctb.replay import Wish
    from pytest_ctb.spread import Plan

_WORTHWHILE = 2.0
"""Seconds that a replay must take before the server is kept for later ones."""


class Evidence:
    """What a throwaway Postgres was seen to do with the files of a repository."""

    def __init__(self, repository: Repository, settings: Settings, memory: Memory | None = None) -> None:
        self._repository = repository
        self.settings = settings
        self._memory = memory
        self.shared: Path | None = None
        """A folder that all processes of the run see; None where there is one process."""
        self.worker = ""
        """The name of this process among them; empty for the one that has started them."""
        self._start: Start | None = None
        self._plan: Plan | None = None
        self._began = 0.0
        self._ends = ExitStack()

    @cached_property
    def choice(self) -> Choice:
        """Which server will replay; starts none. Raises NoServerError where none can, ConfigError for a wrong name."""
        files = (*self.settings.prelude, *self._repository.by_path.values())
        return choose(
            Wanted(
                where=self.settings.where,
                major=self.settings.major,
                image=self.settings.image,
                extensions=_named(files, "create_extension_stmt", "extname"),
                stand_ins=self.settings.stand_ins,
                roles=_named(self.settings.prelude, "create_role_stmt", "role"),
            )
        )

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Let the server start in the background, before it is asked for; it is gone when the block ends.

        Not where several processes share a replay: the one that has started them hosts it.
        """
        with ExitStack() as ends:
            if self.shared is None:
                with suppress(CtbError):  # `replay` meets it again, and tells it to those who ask
                    if self._known.end is None:
                        self._start = ends.enter_context(self.choice.offer.begin(self._checkpoint[1]))
            yield

    def replay(self) -> Replay:
        """Start the server, replay, stop it; the second time, and in a second process, what the first one saw.

        Raises CtbError, and raises it again each time.
        """
        seen = self._seen
        if isinstance(seen, CtbError):
            raise seen
        return seen

    def host(self, workers: int) -> None:
        """Start the server that so many other processes replay on, and leave them word; `close` stops it."""
        from pytest_ctb import spread  # noqa: PLC0415

        assert self.shared is not None
        if (self.shared / "plan").exists():
            return
        told: object
        try:
            told = self._known
            if self._known.end is None:
                self._plan = self._ends.enter_context(self._planned(workers))
                told = spread.without_keeping(self._plan)
        except CtbError as error:
            told = error
        claims.write(self.shared / "plan", told)

    def close(self) -> None:
        """Keep what the processes have seen, and stop the server that they had."""
        with self._ends:
            if self._plan and self.shared and self._worthwhile:
                seen = self.stored()
                if seen and _lasting(seen.files.values()):
                    self._keep(self._plan, claims.stored(self.shared / "database"))

    def stored(self) -> Replay | None:
        """What has been seen so far, by whichever process; asks nothing."""
        seen = self.__dict__.get("_seen")
        if seen is None and self.shared is not None and (self.shared / "seen").exists():
            seen = self._seen
        return seen if isinstance(seen, Replay) else None

    @cached_property
    def _seen(self) -> Replay | CtbError:
        try:
            seen = self._alone() if self.shared is None else self._together(self.shared)
        except CtbError as error:
            return error
        return summed_up(self._repository, seen)

    def _alone(self) -> Seen:
        if self._known.end is not None:
            return self._known
        with garbage.kept(), imports.direct():  # takes as long as a server's start, and goes on meanwhile
            from pytest_ctb import spread  # noqa: PLC0415

        with self._planned(1) as plan:
            seen = self._remembered(spread.watched(plan, self._wish))
            if self._worthwhile and _lasting(seen.files.values()):
                self._keep(plan, plan.database)
        return seen

    @property
    def _wish(self) -> Wish:
        from pytest_ctb import spread  # noqa: PLC0415

        return spread.wished(self._repository, self.settings)

    @contextmanager
    def _planned(self, workers: int) -> Iterator[Plan]:
        from pytest_ctb import spread  # noqa: PLC0415

        at, folder = self._checkpoint
        self._began = time.monotonic()
        known = (self._repository, self.settings, self._known, workers)
        with ExitStack() as ends:
            start = self._start or ends.enter_context(self.choice.offer.begin(folder))
            try:
                plan = ends.enter_context(spread.planned(start, *known, at))
            except ServerError:
                if folder is None:
                    raise
                # What was kept is no server any more: a machine that crashed has left half of it.
                shutil.rmtree(folder, ignore_errors=True)
                plan = ends.enter_context(spread.planned(self.choice.offer.start, *known))
            yield plan

    @property
    def _worthwhile(self) -> bool:
        """Whether the server, as it is now, would save later runs more than a moment."""
        return self._keys is not None and time.monotonic() - self._began > _WORTHWHILE

    def _keep(self, plan: Plan, database: object) -> None:
        """Let the server be kept as it is now."""
        from pytest_ctb import spread  # noqa: PLC0415

        assert self._keys is not None
        folder = checkpoint(self._keys.files[-1])
        if folder is not None:
            spread.keep(plan, folder, database)

    def _together(self, shared: Path) -> Seen:
        from pytest_ctb import spread  # noqa: PLC0415

        told = claims.stored(shared / "plan")
        if isinstance(told, CtbError):
            raise told
        if isinstance(told, spread.Plan):
            if self.worker:
                spread.take_part(told, self._wish, shared, self.worker)
            with garbage.kept():
                told = self._remembered(spread.gathered(told, shared))
        assert isinstance(told, Seen), "the process that has started this one has left no word"
        (shared / "seen").touch()
        return told

    @cached_property
    def _keys(self) -> Keys | None:
        """None where nothing can be remembered: there is no place for it, or nobody can tell what the server is."""
        identity = self.choice.offer.identity
        if self._memory is None or not identity:
            return None
        from pytest_ctb.keys import keys  # noqa: PLC0415

        return keys(identity, self.settings, self._repository)

    @cached_property
    def _known(self) -> Seen:
        """What earlier runs have seen of the same. All bases are in it where nobody will load them by the way.

        Raises CtbError.
        """
        if self._memory is None or self._keys is None:
            return Seen()
        own, every = self._keys, self._repository
        files: dict[str, FileReplay] = {}
        for one, key in zip(every.migrations, own.files, strict=True):
            found = self._memory.get(key)
            if found is None:
                break
            files[one.path] = found
        bases = {one.path: self._memory.get(key) for one, key in zip(every.bases, own.bases, strict=True)}
        loaded = {path: one for path, one in bases.items() if one is not None}
        end = self._memory.get(own.end) if len(files) == len(every.migrations) else None
        seen = Seen(files, loaded, end)
        if len(loaded) == len(bases) or (end is None and furthest(own.files[: len(files)])[1] is None):
            return seen
        from pytest_ctb import spread  # noqa: PLC0415

        seen = spread.with_bases(self.choice.offer.start, every, self.settings, seen)
        return self._remembered(seen) if end is not None else seen

    @property
    def _checkpoint(self) -> tuple[int, Path | None]:
        """The last server that was kept behind migrations that are known, and behind how many it stands."""
        return furthest(self._keys.files[: len(self._known.files)]) if self._keys else (0, None)

    def _remembered(self, seen: Seen) -> Seen:
        """The same, kept for later runs, up to where something went wrong that these may not meet."""
        if self._memory is not None and self._keys is not None:
            own = self._keys
            first = takewhile(lambda one: not one.passing, seen.files.values())
            entries: dict[str, Any] = dict(zip(own.files, first, strict=False))
            bases = zip(own.bases, seen.bases.values(), strict=True)
            entries |= {key: one for key, one in bases if not one[0].passing}
            if _lasting(seen.files.values()):
                entries[own.end] = seen.end
            self._memory.put(entries)
        return seen


def _lasting(files: Iterable[FileReplay]) -> bool:
    """Whether nothing went wrong that another run may not meet."""
    return not any(one.passing for one in files)


def _named(files: Iterable[Migration], kind: str, field: str) -> frozenset[str]:
    """The objects of one kind that files create: where nothing decides in the file itself whether they shall be."""
    return frozenset(
        getattr(one.body, field)
        for file in files
        for statement in file.statements
        for one in statement.walk()
        if one.kind == kind and (kind != "create_extension_stmt" or not one.guarded)
    )
