"""The replay, had once: what is known from earlier runs, and what of it is to be seen anew; for all processes of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_ctb import parts
from pytest_ctb.errors import ConfigError, CtbError
from pytest_ctb.keys import Keys, keys
from pytest_ctb.memory import Memory
from pytest_ctb.model import Experiment, FileReplay, Migration, Replay, Repository, ServerInfo
from pytest_ctb.postgres import Choice, Server, Wanted, choose
from pytest_ctb.replay import (
    Bases,
    End,
    Wish,
    database,
    loaded_bases,
    lost,
    migrating_role,
    notes,
    prepare,
    spans,
    summed_up,
)


@dataclass(frozen=True)
class Settings:
    """What the user chose of the replay."""

    where: str = "auto"
    major: int | None = None
    image: str | None = None
    role: str = "owner"
    timeout: float = 60.0
    """Of one statement, in seconds."""
    prelude: tuple[Migration, ...] = ()
    stand_ins: bool = True
    experiments: frozenset[Experiment] = frozenset(Experiment)
    queries: tuple[str, ...] = ()
    """What guidelines ask of the replayed database."""


def settings(told: Callable[[str, str], str]) -> Settings:
    """The settings that are words; `told` gives what is told under an ini key (and its option), else the default.

    Raises ConfigError where one cannot be meant.
    """
    version, timeout = told("ctb_postgres_version", ""), told("ctb_timeout", "60")
    if version and not version.isdecimal():
        raise ConfigError(f"--ctb-postgres-version {version}: not a major version, as 17 is")
    try:
        seconds = float(timeout)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e7:
        raise ConfigError(f"--ctb-timeout {timeout}: not a number of seconds")
    where, role = told("ctb_postgres", "auto"), told("ctb_role", "owner")
    if role not in {"owner", "superuser"}:
        raise ConfigError(f"--ctb-role {role}: say owner or superuser")
    if role == "superuser" and "://" in where:
        raise ConfigError("--ctb-role superuser: not on a server of others; it could change what is not ours")
    stand_ins = told("ctb_stand_ins", "on").lower()
    if stand_ins not in {"on", "off"}:
        raise ConfigError(f"--ctb-stand-ins {stand_ins}: say on or off")
    return Settings(
        where=where,
        major=int(version) if version else None,
        image=told("ctb_postgres_image", "") or None,
        role=role,
        timeout=seconds,
        stand_ins=stand_ins == "on",
    )


@dataclass(frozen=True)
class _Known:
    """What earlier runs have seen of this history, as far as it is the same."""

    files: Mapping[str, FileReplay] = field(default_factory=dict)
    """Of the first migrations, in their order."""
    bases: Bases = field(default_factory=dict)
    end: tuple[ServerInfo, tuple[str, ...], End] | None = None
    """Which server it was, what is to be told of it, and what was seen when all had run."""


class Evidence:
    """What a throwaway Postgres was seen to do with the files of a repository."""

    def __init__(self, repository: Repository, settings: Settings, memory: Memory | None = None) -> None:
        self._repository = repository
        self.settings = settings
        self._memory = memory
        self.shared: Path | None = None
        """A folder that all processes of the run see; None where there is one process."""
        self.worker = ""
        """The name of this process among them; empty where it only waits for them."""
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
        assert self.shared is not None
        if (self.shared / "plan").exists():
            return
        told: object
        try:
            known = self._known_by_now
            told = (known, None) if known.end else self._ends.enter_context(self._planned(known, workers))
        except CtbError as error:
            told = error
        parts.write(self.shared / "plan", told)

    def close(self) -> None:
        """Keep what the processes have seen, and stop the server that they had."""
        self.stored()
        self._ends.close()

    def stored(self) -> Replay | None:
        """What has been seen so far, by whichever process; asks nothing."""
        seen = self.__dict__.get("_seen")
        if seen is None and self.shared is not None and (self.shared / "seen").exists():
            seen = self._seen
        return seen if isinstance(seen, Replay) else None

    @cached_property
    def _seen(self) -> Replay | CtbError:
        try:
            return self._alone() if self.shared is None else self._together(self.shared)
        except CtbError as error:
            return error

    def _alone(self) -> Replay:
        known = self._known_by_now
        if known.end is None:
            with self._planned(known, 1) as (told, plan):
                known = self._completed(told, plan, parts.watched(plan))
        return self._summed_up(known)

    def _together(self, shared: Path) -> Replay:
        told = parts.stored(shared / "plan")
        if isinstance(told, CtbError):
            raise told
        assert isinstance(told, tuple), "the process that starts the others has not started the server"
        known, plan = told
        if plan is not None:
            if self.worker:
                parts.take_part(plan, shared, self.worker)
            known = self._completed(known, plan, parts.gathered(plan, shared))
        (shared / "seen").touch()
        return self._summed_up(known)

    @cached_property
    def _keys(self) -> Keys | None:
        """None where nothing can be remembered: there is no place for it, or nobody can tell what the server is."""
        identity = self.choice.offer.identity
        return keys(identity, self.settings, self._repository) if self._memory and identity else None

    @cached_property
    def _known_by_now(self) -> _Known:
        """What is known before anything is replayed; with the bases, where these are all that was missing."""
        if self._memory is None or self._keys is None:
            return _Known()
        files: dict[str, FileReplay] = {}
        for one, key in zip(self._repository.migrations, self._keys.files, strict=True):
            found = self._memory.get(key)
            if found is None:
                break
            files[one.path] = found
        bases = zip(self._repository.bases, self._keys.bases, strict=True)
        loaded = {one.path: self._memory.get(key) for one, key in bases}
        end = self._memory.get(self._keys.end) if len(files) == len(self._repository.migrations) else None
        known = _Known(files, {path: one for path, one in loaded.items() if one is not None}, end)
        if end is not None and self._missing(known):
            with self._server() as (server, role):
                known = self._with_bases(known, server, role)
            self._remember(known)
        return known

    @contextmanager
    def _planned(self, known: _Known, workers: int) -> Iterator[tuple[_Known, parts.Plan]]:
        """Start a server and say what is to be seen on it: all that is not known. The bases are loaded there first."""
        every = self._repository.migrations
        with self._server() as (server, role):
            told = self._with_bases(known, server, role)
            with database(server, "replay", role, keep=not server.shared) as own:
                prepare(server, own, self._wish.timeout, self._wish.prelude)
                spread = workers > 1 and not spans((*self._wish.prelude, *every), server)
                cut = parts.cut(len(known.files), len(every), workers if spread else 1)
                yield told, parts.Plan(server, role, own, self._wish, 0, known.files, cut)

    @contextmanager
    def _server(self) -> Iterator[tuple[Server, str | None]]:
        """A server, and the role that migrates on it. Raises ServerError where it is lost, in the block too."""
        with (
            self.choice.offer.start() as server,
            lost(),
            # What is on a server of our own goes with it.
            migrating_role(server, self.settings.role, keep=not server.shared) as role,
        ):
            yield server, role

    @property
    def _wish(self) -> Wish:
        one = self.settings
        return Wish(
            self._repository.migrations,
            one.timeout,
            one.prelude,
            one.experiments,
            one.queries,
            self._repository.consumers,
        )

    def _missing(self, known: _Known) -> list[Migration]:
        return [base for base in self._repository.bases if base.path not in known.bases]

    def _with_bases(self, known: _Known, server: Server, role: str | None) -> _Known:
        loaded = loaded_bases(server, role, self._wish, self._missing(known))
        return replace(known, bases={**known.bases, **loaded})

    def _completed(self, known: _Known, plan: parts.Plan, seen: parts.Part) -> _Known:
        """What is known when the plan has been carried out."""
        assert seen.end is not None
        told = notes(plan.server, self.settings.role, self._repository)
        whole = _Known({**known.files, **seen.files}, known.bases, (plan.server.info, told, seen.end))
        if not self.worker:
            self._remember(whole)
        return whole

    def _remember(self, known: _Known) -> None:
        if self._memory is not None and self._keys is not None:
            entries: dict[str, Any] = dict(zip(self._keys.files, known.files.values(), strict=True))
            entries |= {
                key: known.bases[base.path] for base, key in zip(self._repository.bases, self._keys.bases, strict=True)
            }
            self._memory.put({**entries, self._keys.end: known.end})

    def _summed_up(self, known: _Known) -> Replay:
        assert known.end is not None
        info, told, end = known.end
        return summed_up(self._repository, info, known.files, end, known.bases, told)


def _named(files: Iterable[Migration], kind: str, field: str) -> frozenset[str]:
    """The objects of one kind that files create: where nothing decides in the file itself whether they shall be."""
    return frozenset(
        getattr(one.body, field)
        for file in files
        for statement in file.statements
        for one in statement.walk()
        if one.kind == kind and (kind != "create_extension_stmt" or not one.guarded)
    )
