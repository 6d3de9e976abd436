"""Start a server with a data directory of its own, from server programs on this machine."""

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
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pytest_ctb.errors import LostError, ServerError
from pytest_ctb.model import ServerInfo
from pytest_ctb.postgres import guard, scratch, stand_ins
from pytest_ctb.postgres.address import without_addresses
from pytest_ctb.postgres.data_directory import DataDirectory, data_directory
from pytest_ctb.postgres.place import PREFIX, Offer, Server, Start, Wanted, connect, settings_of
from pytest_ctb.postgres.program_output import program_output
from pytest_ctb.postgres.scram import hashed
from pytest_ctb.postgres.user_name import substitute_user

if TYPE_CHECKING:
    import psycopg

_START_SECONDS = 60.0
_REFUSING_SECONDS = 3.0
"""How long a running server may refuse the first login: it cannot start a process, say."""
# C collation, as Neon has it, needs no locale on the machine. The password keeps a migration with dblink from logging
# in as the superuser.
_INIT = ("-E", "UTF8", "--no-locale", "-N", "-A", "password")
LIBRARIES = "libraries"
"""The folder of the shared libraries that copied programs need."""
_VERSION = re.compile(r"\(PostgreSQL\) (\S+)")


class Programs(NamedTuple):
    """An installation of the server programs of Postgres."""

    place: str
    bin: Path
    share: Path
    version: str
    name: str = ""
    """The package that brings them; empty for a plain folder."""
    tree: tuple[tuple[Path, str], ...] = ()
    """The files and folders to copy, each with its target: where the server's user cannot reach them, say."""
    moved: str = ""
    """The folder of the copied programs, relative to the target."""

    def offer(self, wanted: Wanted) -> Offer:
        """The offer of a server of these programs, with stand-ins for the extensions that they lack."""
        stood_in = self.stood_in(wanted)
        lacks = tuple(name for name in self.lacks(wanted.extensions) if name not in stood_in)
        return Offer(
            self.place,
            self.name or str(self.bin),
            partial(begin, self, stood_in, wanted.superuser),
            self.version,
            lacks,
            tuple(stood_in),
            self._identity(wanted.superuser),
        )

    def _identity(self, superuser: str) -> str:
        """Equal for equal programs, extensions and arguments of initdb."""
        directory = data_directory(self.bin, self.init(superuser)).folder
        extensions = self.share / "extension"
        changed = extensions.stat().st_mtime_ns if extensions.is_dir() else 0
        return f"{directory.name} {self.place} {self.version} {extensions} {changed}" if directory else ""

    def copied_share(self, file: Path) -> str:
        """The place of one more file of an extension in a copy."""
        source, target = next((source, target) for source, target in self.tree if self.share.is_relative_to(source))
        return str(Path(target) / self.share.relative_to(source) / "extension" / file.name)

    @property
    def reachable(self) -> bool:
        """Whether every user can run them."""
        return all(map(scratch.reachable, (self.bin / "postgres", self.bin / "initdb", self.share)))

    @property
    def major(self) -> int:
        """The major version; a beta's is that of its release."""
        match = re.match(r"\d+", self.version)
        return int(match[0]) if match else 0

    def init(self, superuser: str) -> tuple[str, ...]:
        """The arguments of initdb."""
        return ("-U", superuser, *_INIT)

    def stood_in(self, wanted: Wanted) -> list[str]:
        """The wanted extensions that get a stand-in."""
        return [name for name in self.lacks(wanted.extensions) if wanted.stand_ins and name in stand_ins.NAMES]

    def lacks(self, extensions: frozenset[str]) -> list[str]:
        """The extensions that have no control file here, sorted."""
        return sorted(name for name in extensions if not (self.share / "extension" / f"{name}.control").is_file())


def best(installed: Iterable[Programs], wanted: Wanted) -> Offer | None:
    """The offer of the newest programs of the wanted major version that lack the fewest extensions, if any."""
    fitting = [programs for programs in installed if wanted.major in {None, programs.major}]
    offers = (programs.offer(wanted) for programs in sorted(fitting, key=attrgetter("major"), reverse=True))
    return min(offers, key=attrgetter("shortfall"), default=None)


def version_of(folder: Path) -> str | None:
    """The version of the `postgres` in a folder; None where there is none that runs, or no initdb beside it."""
    program = folder / "postgres"
    if not program.is_file() or not (folder / "initdb").is_file():
        return None
    match = _VERSION.search(program_output(program, "--version"))
    return match[1] if match else None


@contextmanager
def begin(programs: Programs, stood_in: Sequence[str] = (), superuser: str = "postgres") -> Iterator[Start]:
    """Begin to start a server that listens only on a Unix socket; it and its directory are gone when the block ends.

    `stood_in` are the extensions that get a stand-in, which is copied into that directory.

    Raises ServerError where these programs cannot run. The Start that it yields waits until the server answers, and
    raises ServerError with the end of the log where it does not start.
    """
    user = scratch.unprivileged()
    directory = scratch.directory(user)
    bin_folder, copies = programs.bin, []
    libraries: Mapping[str, str] = {}
    beside = programs.major < stand_ins.SINCE and bool(stood_in)  # only a copy may get what the installation lacks
    if programs.tree and (beside or (user is not None and not programs.reachable)):
        copies = [(str(source), target) for source, target in programs.tree]
        bin_folder = directory / programs.moved
        libraries = {"LD_LIBRARY_PATH": str(directory / LIBRARIES)}
    settings = {}
    if beside:
        copies += [(str(file), programs.copied_share(file)) for file in stand_ins.files(stood_in)]
    elif stood_in:
        copies += [(str(stand_ins.FOLDER / name), f"stand_ins/{name}") for name in stood_in]
        paths = [str(directory / "stand_ins" / name) for name in stood_in]
        settings["extension_control_path"] = ":".join(("$system", *paths))
    cached = data_directory(programs.bin, programs.init(superuser))
    init = (str(bin_folder / "initdb"), *programs.init(superuser))
    with guarded(_plan(directory, bin_folder, copies, user, cached, init, settings, libraries)) as watcher:
        options = {
            "host": str(directory),
            "port": "5432",
            "user": superuser,
            "dbname": "postgres",
            "sslmode": "disable",
            "password": cached.password,
        }
        yield partial(_running, programs, options, watcher)


@contextmanager
def _running(programs: Programs, options: Mapping[str, str], watcher: Watcher) -> Iterator[Server]:
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
            prefix=PREFIX,
            template="template1",
            settings=settings,
        )
    except LostError as error:
        raise LostError(f"{error}{_log_end(watcher.read_line(1))}", error.path, error.line, error.files) from error
    except ServerError as error:
        raise ServerError(f"{error}{_log_end(watcher.read_line(1))}") from error
    finally:
        watcher.dismiss()


def _plan(
    directory: Path,
    bin_folder: Path,
    copies: Sequence[tuple[str, str]],
    user: scratch.User | None,
    cached: DataDirectory,
    init: Sequence[str],
    more: Mapping[str, str],
    variables: Mapping[str, str],
) -> Mapping[str, Any]:
    data, secret = str(directory / "data"), str(directory / "password")
    settings = {
        "listen_addresses": "",
        "unix_socket_directories": str(directory),
        "unix_socket_permissions": "0700",
        # The data are thrown away: nothing needs to survive a crash of the machine.
        "fsync": "off",
        "synchronous_commit": "off",
        "full_page_writes": "off",
        "autovacuum": "off",
        "jit": "off",
        "log_min_messages": "log",  # why the server ends, but not what migrations print
        "dynamic_shared_memory_type": "mmap",  # in the data directory, so that it is removed with it
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
        "password": cached.password,
        "hashed": hashed(cached.password),
        "cached": str(cached.folder or ""),
        "substitute": substitute_user() if user is None else None,
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
    """The guard process, as pytest sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._buffer = b""

    def read_line(self, seconds: float) -> str | None:
        """The next line of the guard within so many seconds; None if there is none, empty if the guard has ended."""
        assert self._process.stdout is not None
        end = time.monotonic() + seconds
        while b"\n" not in self._buffer:
            # Not with `readline`: it would read further lines into its buffer, where `select` does not see them.
            readable, _, _ = select.select([self._process.stdout], [], [], max(0.0, end - time.monotonic()))
            if not readable:
                return None
            chunk = os.read(self._process.stdout.fileno(), 1 << 16)
            if not chunk:
                return ""
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line.decode(errors="replace")

    def dismiss(self) -> None:
        """Tell the guard to clean up and end; does not wait for it."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def expect_started(self) -> None:
        """Wait until the guard has started what its plan says. Raises ServerError with the log where it fails."""
        word = self.read_line(_START_SECONDS)
        if word != "started":
            raise not_started(word)


def not_started(word: str | None) -> ServerError:
    """The error for the line that the guard sent instead of `started`."""
    within = "" if word is not None else f" within {_START_SECONDS:.0f} s"
    return ServerError(f"the throwaway Postgres did not start{within}{_log_end(word)}")


def _log_end(word: str | None) -> str:
    """The end of the log of a server that has ended, from the guard's line; empty where there is none."""
    if word == "":
        return ": the process that guards it was killed"
    return f"; its log ends:\n{json.loads(word[7:])}" if word and word.startswith("failed ") else ""


def cleaning(module: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The plan of a guard that starts nothing, and calls the `clean` of a module with these arguments at the end."""
    return {"module": module, "path": [os.path.abspath(folder) for folder in sys.path], "arguments": arguments}  # noqa: PTH100


@contextmanager
def guarded(plan: Mapping[str, Any]) -> Iterator[Watcher]:
    """Start a guard with a plan; when the block ends, or this process dies, the guard cleans up.

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
        with contextlib.suppress(OSError):  # the guard has ended already: `expect_started` says so
            process.stdin.write(json.dumps(plan) + "\n")
            process.stdin.flush()
        yield watcher
    finally:
        watcher.dismiss()
        if process.wait() < 0:  # the guard was killed: nobody else cleans up before the next run that starts a server
            _clean(plan)
        process.stdout.close()


def _clean(plan: Mapping[str, Any]) -> None:
    """Do what the guard of a plan does at its end."""
    if "module" in plan:
        import_module(plan["module"]).clean(**plan["arguments"])
    else:
        guard.clear(Path(plan["directory"]))


def _first_connection(options: Mapping[str, str], watcher: Watcher) -> psycopg.Connection[Any]:
    import psycopg  # noqa: PLC0415

    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            return connect(options)
        except psycopg.OperationalError as error:
            word = watcher.read_line(0.002)
            if word is not None:
                raise not_started(word) from error
            if not _is_starting(error):  # it may be starting all the same, but a healthy server answers soon
                end = min(end, time.monotonic() + _REFUSING_SECONDS)
            if time.monotonic() > end:
                log = guard.end_of(Path(options["host"]) / "log")
                raise ServerError(f"the throwaway Postgres does not answer: {error}; its log ends:\n{log}") from error


def _is_starting(error: psycopg.OperationalError) -> bool:
    """Whether a connection failed because the server is still starting."""
    return any(message in str(error) for message in ("No such file or directory", "Connection refused", "starting up"))
