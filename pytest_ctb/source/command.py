"""Run the command of `ctb_source`, which prints the SQL of each migration, unless an earlier output still holds.

`alembic` and `django` are commands that come with this package: modules beside this one, which print by the same
contract as anybody's command (docs/layouts.md).
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from pytest_ctb.config.settings import Config, Settings
from pytest_ctb.errors import ConfigError, NoServerError
from pytest_ctb.model import Order, Repository
from pytest_ctb.model.visible import without_commands
from pytest_ctb.postgres import Server
from pytest_ctb.replay.cache import Cache, code, digest
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.repository.revisions import Printed, parse_printed

if TYPE_CHECKING:
    from subprocess import Popen

_OURS = {"alembic": ("alembic", "--database={database}"), "django": ("django", "{database}")}
"""The commands of this package by name: the module, and the arguments that it needs."""
_DATABASE = "{database}"
_IF_THERE_IS = "--database="
"""The start of the word that gives the database to a command which can also print without one."""
_PATIENCE = 5
"""A command may take as many times `ctb_timeout`: it prints many migrations."""
_SHOWN = 30
"""The most lines of its errors that a message shows, the last ones."""


def output_of(config: Config, cache: Cache | None = None, *, starts_server: bool = True) -> str:
    """What the command prints; empty where `ctb_source` is not set.

    Raises ConfigError where it fails, NoServerError where it needs a server and there is none, or none may start.
    """
    if not config.source:
        return ""
    words = _words(config.source)
    if not any(_DATABASE in word for word in words):
        return _output(config, cache, words, starts_server=False)
    without = [word for word in words if not word.startswith(_IF_THERE_IS)]
    try:
        return _output(config, cache, words, starts_server=starts_server)
    except NoServerError:
        if len(without) == len(words):
            raise
        return _output(config, cache, without, starts_server=False)


def _output(config: Config, cache: Cache | None, words: list[str], *, starts_server: bool) -> str:
    """What the words of a command print, now or when it was asked last."""
    settings = config.settings()
    needs_database = any(_DATABASE in word for word in words)
    server = (settings.where, settings.major, settings.image, settings.role) if needs_database else ()
    prelude = [file.data for file in settings.prelude] if needs_database else []
    key = digest(*code(), repr((words, server)), *prelude)
    state, output = (cache.get(key) if cache else None) or ("", "")
    if not output or state != _state(config, words, output):
        if needs_database and not starts_server:
            raise NoServerError(
                f"ctb_source = {config.source} prints SQL with the help of a throwaway database, and -m ctb_static "
                "starts none. Run `pytest --ctb` once: what it printed is kept until a migration changes"
            )
        with _database(settings) if needs_database else contextlib.nullcontext("") as address:
            filled = [word.replace(_DATABASE, address) for word in words]
            output = _run(filled, config, _PATIENCE * settings.timeout)
        if cache:
            cache.put({key: (_state(config, words, output), output)}, over=True)
    return output


def printed(config: Config, output: str) -> Printed | None:
    """What the command printed, read; None where there is no command. Raises ConfigError."""
    return parse_printed(output, config.root, config.source) if config.source else None


def _words(command: str) -> list[str]:
    """The command as a list of words; the name of one of ours stands for it."""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise ConfigError(f"ctb_source: {command}: {error}") from error
    if words[:1] and words[0] in _OURS:
        module, *needed = _OURS[words[0]]
        return [sys.executable, "-m", f"{__package__}.{module}", *needed, *words[1:]]
    return words


def _state(config: Config, words: Iterable[str], output: str) -> str:
    """A hash of the files that an output depends on, and of the names in the folders of its migrations."""
    root, listing = config.root, parse_printed(output, config.root, config.source)
    files = {root / revision.file for revision in listing.revisions if revision.judged}
    read = {*files, *(root / word for word in words), *(root / name for name in listing.reads)}
    return digest(*(text for path in sorted({*read, *(file.parent for file in files)}) for text in _content(path)))


def _content(path: Path) -> Iterator[str | bytes]:
    with contextlib.suppress(OSError, ValueError):  # a word that is no path
        if path.is_dir():
            yield "\n".join(sorted(name for name in os.listdir(path) if not name.startswith(("_", "."))))  # noqa: PTH208
        elif path.is_file():
            yield str(path)
            yield path.read_bytes()


def _run(words: list[str], config: Config, seconds: float) -> str:
    """What a command prints. It has no terminal, and is ended when the time is over, with whatever it started."""
    try:
        process = subprocess.Popen(
            words,
            cwd=config.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(_failure(config, f"cannot be run: {why}")) from error
    with process:
        try:
            output, said = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            _end(process)
            _, said = process.communicate()
            why = f"did not end within {seconds:g} seconds ({_PATIENCE} times ctb_timeout)"
            raise ConfigError(_failure(config, why, said)) from error
        finally:
            _end(process)
    if process.returncode:
        raise ConfigError(_failure(config, f"ended with exit status {process.returncode}", said))
    try:
        return output.decode()
    except UnicodeDecodeError as error:
        raise ConfigError(_failure(config, f"prints what is not UTF-8 ({error})", said)) from error


def _end(process: Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _failure(config: Config, what: str, said: bytes = b"") -> str:
    lines = without_commands(said.decode(errors="replace")).strip().splitlines()
    shown = "\n".join(f"    {line}" for line in lines[-_SHOWN:])
    stderr = f"\nIt says:\n{shown}" if lines else "\nIt says nothing on stderr."
    return (
        f"ctb_source: the command that prints the migrations {what}.\n"
        f"Command: {config.source}\nFolder: {config.root}{stderr}\n"
        "No migration can be judged without it. Run it there by hand, without a terminal (`< /dev/null`)."
    )


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """The address of a throwaway database, on a server as the replay's, in which the prelude has run.

    The command is code of the repository, which may do more than any role; only a server of others is kept from it.
    """
    from pytest_ctb.replay.session.databases import database, migrating_role  # noqa: PLC0415  # with the driver
    from pytest_ctb.replay.timeline import run_prelude  # noqa: PLC0415

    nothing = Repository(Path(), (), (), Order())
    with Orchestrator(nothing, settings).choice.offer.start() as server:
        keep, who = not server.shared, settings.role if server.shared else "superuser"
        with migrating_role(server, who, keep=keep) as role, database(server, "source", role, keep=keep) as name:
            run_prelude(server, name, settings.timeout, settings.prelude)
            yield _address(server, name, role)


def _address(server: Server, database: str, role: str | None) -> str:
    admin = server.admin
    user, password = (role, server.password) if role else (admin.get("user", ""), admin.get("password", ""))
    where = urlencode({key: admin[key] for key in ("host", "port") if admin.get(key)})
    login = f"{quote(str(user), safe='')}:{quote(str(password), safe='')}"
    return f"postgresql://{login}@/{quote(database, safe='')}?{where}"
