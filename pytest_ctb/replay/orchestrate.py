"""The evidence of a run, had once: what earlier runs have seen of the same files, and the rest seen anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import CtbError, LostError, crashed
from pytest_ctb.model import Evidence, FileEvidence, Migration, Observed, Repository, Trouble, garbage, imports
from pytest_ctb.postgres import Choice, Start, Wanted, choose
from pytest_ctb.replay import claims
from pytest_ctb.replay.summary import summed_up
from pytest_ctb.sql import created

if TYPE_CHECKING:
    from pytest_ctb.replay import Wish
    from pytest_ctb.replay.cache import Cache
    from pytest_ctb.replay.cache_keys import Keys
    from pytest_ctb.replay.spread import Plan

_LOSSES = 8
"""So often a server may be lost in one run; a machine that loses more serves nobody."""


class Orchestrator:
    """What a throwaway Postgres was seen to do with the files of a repository."""

    def __init__(self, repository: Repository, settings: Settings, memory: Cache | None = None) -> None:
        self._repository = repository
        self.settings = settings
        self._cache = memory
        self.shared: Path | None = None
        """A folder that all processes of the run see; None where there is one process."""
        self.worker = ""
        """The name of this process among them; empty for the one that has started them."""
        self._start: Start | None = None
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
                extensions=_created(files, "EXTENSION"),
                stand_ins=self.settings.stand_ins,
                roles=_created(self.settings.prelude, "ROLE"),
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
                    if not self._is_known:
                        self._start = ends.enter_context(self.choice.offer.begin())
            yield

    def replay(self) -> Evidence:
        """Start the server, replay, stop it; the second time, and in a second process, what the first one saw.

        Raises CtbError: the same each time, whatever went wrong the first time.
        """
        seen = self._seen
        if isinstance(seen, CtbError):
            raise seen.with_traceback(None)  # else it would grow with each test that asks
        return seen

    def host(self, workers: int) -> None:
        """Start the server that so many other processes replay on, and leave them word; `close` stops it.

        Raises CtbError.
        """
        assert self.shared is not None
        if (self.shared / "plan").exists():
            return
        claims.write(self.shared / "plan", self._known if self._is_known else self._hosted(workers))

    def _hosted(self, workers: int) -> Plan:
        """The plan of a server that is there; one that is lost as it starts is started again, once."""
        with garbage.kept():
            with suppress(LostError):
                return self._ends.enter_context(self._planned(self._known, workers))
            return self._ends.enter_context(self._planned(self._known, workers))

    def close(self) -> None:
        """Stop the server that other processes had; where it is gone, its guard drops what is left elsewhere."""
        with suppress(CtbError):
            self._ends.close()

    def stored(self) -> Evidence | None:
        """What has been seen so far, by whichever process; asks nothing."""
        seen = self.__dict__.get("_seen")
        if seen is None and self.shared is not None and (self.shared / "seen").exists():
            seen = self._seen
        return seen if isinstance(seen, Evidence) else None

    @cached_property
    def _seen(self) -> Evidence | CtbError:
        """Whatever was raised, ours or not, is kept: nobody meets it twice."""
        try:
            seen = self._alone() if self.shared is None else self._together(self.shared)
            return summed_up(self._repository, seen)
        except CtbError as error:
            return error
        except Exception as error:  # noqa: BLE001
            return crashed(error)

    def _alone(self) -> Observed:
        if self._is_known:
            return self._known
        with garbage.kept(), imports.direct():  # takes as long as a server's start, and goes on meanwhile
            from pytest_ctb.replay import spread  # noqa: F401, PLC0415

        return self._remembered(self._replayed(self._known))

    def _replayed(self, known: Observed) -> Observed:
        """All that is not known, seen by this process. Where the server is lost, on another, from where it was lost.

        A file at which a server is lost twice is to blame, and is left out from then on. Raises CtbError.
        """
        from pytest_ctb.replay import spread  # noqa: PLC0415

        losses: list[LostError] = []
        while True:
            try:
                with self._planned(known, 1) as plan:
                    return spread.watched(plan, self._wish)
            except LostError as lost:
                known = replace(known, files={**known.files, **lost.files})
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
    def _wish(self) -> Wish:
        from pytest_ctb.replay import spread  # noqa: PLC0415

        return spread.wished(self._repository, self.settings)

    @contextmanager
    def _planned(self, known: Observed, workers: int) -> Iterator[Plan]:
        from pytest_ctb.replay import spread  # noqa: PLC0415

        with ExitStack() as ends:
            start, self._start = self._start, None
            start = start or ends.enter_context(self.choice.offer.begin())
            yield ends.enter_context(spread.planned(start, self._repository, self.settings, known, workers))

    def _together(self, shared: Path) -> Observed:
        from pytest_ctb.replay import spread  # noqa: PLC0415

        told = claims.stored(shared / "plan")
        if isinstance(told, spread.Plan):
            try:
                if self.worker:
                    spread.take_part(told, self._wish, shared, self.worker)
                with garbage.kept():
                    seen = spread.gathered(told, shared)
            except LostError:
                seen = self._by_one(shared, told.known)
            told = self._remembered(seen)
        assert isinstance(told, Observed), "the process that has started this one has left no word"
        (shared / "seen").touch()
        return told

    def _by_one(self, shared: Path, known: Observed) -> Observed:
        """The server that the processes shared is lost: the first that comes here does it all, on one of its own.

        Raises CtbError.
        """
        with claims.locked(shared / "by_one.lock"):
            told = claims.stored(shared / "by_one")
            if told is None:
                try:
                    told = self._replayed(known)
                except CtbError as error:
                    told = error
                claims.write(shared / "by_one", told)
        if isinstance(told, CtbError):
            raise told
        assert isinstance(told, Observed)
        return told

    @cached_property
    def _keys(self) -> Keys | None:
        """None where nothing can be remembered: there is no place for it, or nobody can tell what the server is."""
        identity = self.choice.offer.identity
        if self._cache is None or not identity:
            return None
        from pytest_ctb.replay.cache_keys import keys  # noqa: PLC0415

        return keys(identity, self.settings, self._repository)

    @cached_property
    def _known(self) -> Observed:
        """What earlier runs have seen of the same."""
        if self._cache is None or self._keys is None:
            return Observed()
        own, every = self._keys, self._repository
        files: dict[str, FileEvidence] = {}
        for one, key in zip(every.migrations, own.files, strict=True):
            found = self._cache.get(key)
            if found is None:
                break
            files[one.path] = found
        bases = {one.path: self._cache.get(key) for one, key in zip(every.bases, own.bases, strict=True)}
        loaded = {path: one for path, one in bases.items() if one is not None}
        end = self._cache.get(own.end) if len(files) == len(every.migrations) else None
        return Observed(files, loaded, end)

    @property
    def _is_known(self) -> bool:
        """Nothing is left to be seen."""
        return self._known.end is not None and len(self._known.bases) == len(self._repository.bases)

    def _remembered(self, seen: Observed) -> Observed:
        """The same, kept for later runs, up to where something went wrong that these may not meet."""
        if self._cache is not None and self._keys is not None:
            own = self._keys
            first = takewhile(lambda one: not one.passing, seen.files.values())
            entries: dict[str, Any] = dict(zip(own.files, first, strict=False))
            bases = zip(own.bases, seen.bases.values(), strict=True)
            entries |= {key: one for key, one in bases if not one[0].passing}
            if _lasting(seen.files.values()) and seen.end and not seen.end.trouble:
                entries[own.end] = seen.end
            self._cache.put(entries)
        return seen


def _lasting(files: Iterable[FileEvidence]) -> bool:
    """Whether nothing went wrong that another run may not meet."""
    return not any(one.passing for one in files)


def _created(files: Iterable[Migration], kind: str) -> frozenset[str]:
    """The objects of one kind that files create: where nothing decides in the file itself whether they shall be."""
    return frozenset(
        made.name
        for file in files
        for statement in file.statements
        for inner in statement.walk()
        if inner.tag == f"CREATE {kind}" and (kind != "EXTENSION" or not inner.guarded) and (made := created(inner))
    )
