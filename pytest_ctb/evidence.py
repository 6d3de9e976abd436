"""The replay, had once: by the first who asks, for all processes of a run."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pytest_ctb import garbage
from pytest_ctb.errors import ConfigError, CtbError
from pytest_ctb.model import Experiment, Migration, Replay, Repository
from pytest_ctb.postgres import Choice, Start, Wanted, choose


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


class Evidence:
    """What a throwaway Postgres was seen to do with the files of a repository."""

    def __init__(self, repository: Repository, settings: Settings) -> None:
        self._repository = repository
        self.settings = settings
        self.shared: Path | None = None
        """A folder that all processes of the run see; None where there is one process."""
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
                extensions=_named(files, "create_extension_stmt", "extname"),
                stand_ins=self.settings.stand_ins,
                roles=_named(self.settings.prelude, "create_role_stmt", "role"),
            )
        )

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Let the server start in the background, before it is asked for; it is gone when the block ends.

        Not where several processes share a replay: which of them will need the server, the first question decides.
        """
        with ExitStack() as ends:
            if self.shared is None:
                with suppress(CtbError):  # `replay` meets it again, and tells it to those who ask
                    self._start = ends.enter_context(self.choice.offer.begin())
            yield

    def replay(self) -> Replay:
        """Start the server, replay, stop it; the second time, and in a second process, what the first one saw.

        Raises CtbError, and raises it again each time.
        """
        seen = self._seen
        if isinstance(seen, CtbError):
            raise seen
        return seen

    @cached_property
    def _seen(self) -> Replay | CtbError:
        if self.shared is None:
            return self._replayed()
        stored = self.shared / "replay"
        with (self.shared / "replay.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not stored.exists():
                half = stored.with_suffix(".half")
                half.write_bytes(pickle.dumps(self._replayed()))
                half.rename(stored)
            seen = pickle.loads(stored.read_bytes())  # noqa: S301  # in a folder of our own that nobody else may enter
            assert isinstance(seen, Replay | CtbError)
            return seen

    def stored(self) -> Replay | None:
        """What has been seen so far, by whichever process; asks nothing."""
        seen = self.__dict__.get("_seen")
        if seen is None and self.shared is not None and (self.shared / "replay").exists():
            seen = self._seen
        return seen if isinstance(seen, Replay) else None

    def _replayed(self) -> Replay | CtbError:
        one = self.settings
        start = self._start or self.choice.offer.start
        try:
            with garbage.kept():  # takes as long as a server's start, and goes on meanwhile
                from pytest_ctb.replay import replay  # noqa: PLC0415

            with start() as server:
                return replay(
                    self._repository,
                    server,
                    role=one.role,
                    timeout=one.timeout,
                    prelude=one.prelude,
                    experiments=one.experiments,
                    queries=one.queries,
                )
        except CtbError as error:
            return error


def _named(files: Iterable[Migration], kind: str, field: str) -> frozenset[str]:
    """The objects of one kind that files create: where nothing decides in the file itself whether they shall be."""
    return frozenset(
        getattr(one.body, field)
        for file in files
        for statement in file.statements
        for one in statement.walk()
        if one.kind == kind and (kind != "create_extension_stmt" or not one.guarded)
    )
