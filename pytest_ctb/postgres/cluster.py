"""A data directory and a server of our own, from server programs that lie on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_ctb.errors import LostError, ServerError
from pytest_ctb.model import ServerInfo
from pytest_ctb.postgres import guard, scratch, stand_ins
from pytest_ctb.postgres.address import without_addresses
from pytest_ctb.postgres.asked import asked
from pytest_ctb.postgres.nameless import lent
from pytest_ctb.postgres.place import Offer, Server, Start, Wanted, connect, settings_of
from pytest_ctb.postgres.prepared import Prepared, prepared

if TYPE_CHECKING:
    import psycopg

_START_SECONDS = 60.0
_REFUSING_SECONDS = 3.0
"""So long may a server that is there refuse the first login: it cannot make a process, say."""
# No locale is needed on the machine; C collation, as Neon has it. With a password, for a migration that brings dblink
# along shall not be able to log in as the superuser.
_INIT = ("-U", "postgres", "-E", "UTF8", "--no-locale", "-N", "-A", "password")
_QUICK_LOGIN = ("-c", "scram_iterations=1")
"""From Postgres 16 on: no password of ours can be guessed, and to hash one takes two thirds of each login."""
LIBRARIES = "libraries"
"""The folder for shared libraries that copied programs need."""
_VERSION = re.compile(r"\(PostgreSQL\) (\S+)")


class Programs(NamedTuple):
    """One installation of Postgres's server programs."""

    place: str
    bin: Path
    share: Path
    version: str
    name: str = ""
    """Of what brings them, where that is more than a folder."""
    tree: tuple[tuple[Path, str], ...] = ()
    """The files and folders to copy, and where to, if the server's user cannot reach them; else empty."""
    moved: str = ""
    """Where the folder of the programs is then."""

    def offer(self, wanted: Wanted) -> Offer:
        """A server of these programs; what they have no extension for may be stood in for."""
        missing = self.lacks(wanted.extensions)
        may = stand_ins.NAMES if wanted.stand_ins and self.major >= stand_ins.SINCE else frozenset()
        stood_in = [one for one in missing if one in may]
        lacks = tuple(one for one in missing if one not in may)
        return Offer(
            self.place,
            self.name or str(self.bin),
            partial(begin, self, stood_in),
            self.version,
            lacks,
            tuple(stood_in),
            self._identity,
        )

    @property
    def _identity(self) -> str:
        """The programs, the folder of extensions, and what initdb is told."""
        made = prepared(self.bin, self.init).folder
        extensions = self.share / "extension"
        changed = extensions.stat().st_mtime_ns if extensions.is_dir() else 0
        return f"{made.name} {self.place} {self.version} {extensions} {changed}" if made else ""

    @property
    def reachable(self) -> bool:
        """Whether any user can run them where they are."""
        return all(map(scratch.reachable, (self.bin / "postgres", self.bin / "initdb", self.share)))

    @property
    def major(self) -> int:
        """The major version; a beta's is that of its release."""
        found = re.match(r"\d+", self.version)
        return int(found[0]) if found else 0

    @property
    def init(self) -> tuple[str, ...]:
        """What initdb is told."""
        return (*_INIT, *_QUICK_LOGIN) if self.major >= 16 else _INIT

    def lacks(self, extensions: frozenset[str]) -> list[str]:
        """Those of `extensions` that have no control file here."""
        return sorted(one for one in extensions if not (self.share / "extension" / f"{one}.control").is_file())


def best(found: Iterable[Programs], wanted: Wanted) -> Offer | None:
    """The newest of the wanted major version that has every extension, else that which lacks the fewest."""
    fitting = sorted((one for one in found if wanted.major in {None, one.major}), key=lambda one: -one.major)
    return min((one.offer(wanted) for one in fitting), key=lambda one: one.shortfall, default=None)


def version_of(folder: Path) -> str | None:
    """The version of the `postgres` in a folder, or None where it has none that runs beside an initdb."""
    program = folder / "postgres"
    if not program.is_file() or not (folder / "initdb").is_file():
        return None
    found = _VERSION.search(asked(program, "--version"))
    return found[1] if found else None


@contextmanager
def begin(programs: Programs, stood_in: Sequence[str] = ()) -> Iterator[Start]:
    """Begin to start a server that listens on a Unix socket alone; it and its directory are gone when the block ends.

    `stood_in` are the extensions that it gets a stand-in for, which lie in that directory too.

    Raises ServerError where these programs cannot be run. What is given waits for the server to answer, stops it behind
    its block, and raises ServerError with the end of the log where it does not start.
    """
    user = scratch.unprivileged()
    directory = scratch.directory(user)
    bin_folder, copies = programs.bin, []
    libraries: Mapping[str, str] = {}
    if user is not None and programs.tree and not programs.reachable:
        copies = [(str(source), target) for source, target in programs.tree]
        bin_folder = directory / programs.moved
        libraries = {"LD_LIBRARY_PATH": str(directory / LIBRARIES)}
    copies += [(str(stand_ins.FOLDER / one), f"stand_ins/{one}") for one in stood_in]
    paths = [str(directory / "stand_ins" / one) for one in stood_in]
    settings = {"extension_control_path": ":".join(("$system", *paths))} if paths else {}
    if programs.major >= 16:
        settings["scram_iterations"] = "4096"  # for the passwords of others, as everywhere
    made = prepared(programs.bin, programs.init)
    init = (str(bin_folder / "initdb"), *programs.init)
    with guarded(_plan(directory, bin_folder, copies, user, made, init, settings, libraries)) as watcher:
        options = {
            "host": str(directory),
            "port": "5432",
            "user": "postgres",
            "dbname": "postgres",
            "sslmode": "disable",
            "password": made.password,
        }
        yield partial(_answering, programs, options, watcher)


@contextmanager
def _answering(programs: Programs, options: Mapping[str, str], watcher: Watcher) -> Iterator[Server]:
    watcher.expect_started()
    with _first_connection(options, watcher) as connection:
        settings = settings_of(connection)
        version = connection.info.parameter_status("server_version") or ""
    info = ServerInfo(version.split()[0], programs.major, programs.place, str(programs.bin))
    try:
        yield Server(
            info,
            options,
            superuser=True,
            shared=False,
            prefix="pytest_ctb",
            template="template1",
            settings=settings,
        )
    except LostError as error:
        raise LostError(f"{error}{_why(watcher.said(1))}", error.path, error.line, error.files) from error
    except ServerError as error:
        raise ServerError(f"{error}{_why(watcher.said(1))}") from error
    finally:
        watcher.dismiss()


def _plan(
    directory: Path,
    bin_folder: Path,
    copies: Sequence[tuple[str, str]],
    user: scratch.User | None,
    made: Prepared,
    init: Sequence[str],
    more: Mapping[str, str],
    variables: Mapping[str, str],
) -> Mapping[str, Any]:
    data, secret = str(directory / "data"), str(directory / "password")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(directory),
        "unix_socket_permissions": "0700",
        # Thrown away at the end: nothing needs to survive a crash of the machine.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "jit": "off",
        "log_min_messages": "log",  # why it ends, and not what migrations print and fail with
        "dynamic_shared_memory_type": "mmap",  # below the data, and gone with it however the server ends
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_checkpoints": "off",
        "max_connections": "40",
        **more,
    }
    serve = [str(bin_folder / "postgres"), "-D", data]
    for name, value in settings.items():
        serve += ["-c", f"{name}={value}"]
    return {
        "directory": str(directory),
        "copies": list(copies),
        "secret": secret,
        "uid": user.uid if user else None,
        "gid": user.gid if user else None,
        "password": made.password,
        "prepared": str(made.folder or ""),
        "lent": lent() if user is None else None,
        "init": [*init, "-D", data, "--pwfile", secret],
        "serve": serve,
        "env": {**_environment(), **variables},
    }


def _environment() -> dict[str, str]:
    kept = {
        name: value for name, value in without_addresses(os.environ).items() if not name.startswith(("LC_", "LANG"))
    }
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


class Watcher:
    """The guard, seen from pytest."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._heard = b""

    def said(self, seconds: float) -> str | None:
        """The next line that the guard says within so many seconds; None if none, empty if it has gone."""
        assert self._process.stdout is not None
        end = time.monotonic() + seconds
        while b"\n" not in self._heard:
            # Not by `readline`, which would take the next line too, where nobody sees that it is there.
            readable, _, _ = select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not readable:
                return None
            chunk = os.read(self._process.stdout.fileno(), 1 << 16)
            if not chunk:
                return ""
            self._heard += chunk
        line, _, self._heard = self._heard.partition(b"\n")
        return line.decode(errors="replace")

    def dismiss(self) -> None:
        """Let the guard clean up and end; does not wait for it."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def expect_started(self) -> None:
        """Wait until what the plan says has begun. Raises ServerError with the log where it has not."""
        word = self.said(_START_SECONDS)
        if word != "started":
            raise not_started(word)


def not_started(word: str | None) -> ServerError:
    """The error for what the guard said instead of `started`."""
    late = "" if word is not None else f" within {_START_SECONDS:.0f} s"
    return ServerError(f"the throwaway Postgres did not start{late}{_why(word)}")


def _why(word: str | None) -> str:
    """What is known of a server that has gone: the end of its log, where the guard has told it."""
    if word == "":
        return ": the process that guards it was killed"
    return f"; its log ends:\n{json.loads(word[7:])}" if word and word.startswith("failed ") else ""


def cleaning(module: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plan of a guard that starts nothing: at the end it calls the module's `clean` with these arguments."""
    return {"module": module, "path": [os.path.abspath(one) for one in sys.path], "arguments": arguments}  # noqa: PTH100


@contextmanager
def guarded(plan: Mapping[str, Any]) -> Iterator[Watcher]:
    """Hand a plan to a guard; when the block ends, or this process dies, the guard cleans up what the plan made.

    The guard works in the background: `expect_started` waits for it.
    """
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd="/",
            env=without_addresses(os.environ),
            start_new_session=True,  # Ctrl-C in the terminal is for pytest alone
        )
    except OSError as error:  # a limit on processes, say
        raise ServerError(f"the process that guards the throwaway Postgres cannot be started: {error}") from error
    assert process.stdin is not None
    assert process.stdout is not None
    watcher = Watcher(process)
    try:
        with contextlib.suppress(OSError):  # it has gone already: `expect_started` tells
            process.stdin.write(json.dumps(plan) + "\n")
            process.stdin.flush()
        yield watcher
    finally:
        watcher.dismiss()
        process.wait()
        process.stdout.close()


def _first_connection(options: Mapping[str, str], watcher: Watcher) -> psycopg.Connection[Any]:
    import psycopg  # noqa: PLC0415

    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            return connect(options)
        except psycopg.OperationalError as error:
            word = watcher.said(0.002)
            if word is not None:
                raise not_started(word) from error
            if not _coming(error):  # it may be under way all the same, but a server that lives well answers soon
                end = min(end, time.monotonic() + _REFUSING_SECONDS)
            if time.monotonic() > end:
                log = guard.end_of(Path(options["host"]) / "log")
                raise ServerError(f"the throwaway Postgres does not answer: {error}; its log ends:\n{log}") from error


def _coming(error: psycopg.OperationalError) -> bool:
    """Whether a server says no because it is not there yet, or is about to be."""
    return any(one in str(error) for one in ("No such file or directory", "Connection refused", "starting up"))
