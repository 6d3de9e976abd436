"""Changes of the files that a check reads, for `ctb check --watch`."""

from __future__ import annotations

import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ConfigError, CtbError


def watched(
    projects: Sequence[Project],
    read_again: Callable[[], Sequence[Project]],
    check: Callable[[Sequence[Project]], int],
) -> None:
    """Check now, and again at each change, until Ctrl-C. A file that cannot be read is reported, and waited for."""
    bursts = changes(projects)
    terminal = sys.stdout.isatty()
    current: Callable[[], Sequence[Project]] = lambda: projects  # noqa: E731  # read already
    while True:
        try:
            if terminal:
                click.clear()
            check(current())
        except (CtbError, OSError) as error:
            click.echo(f"ctb: {error}", err=True)
        click.echo("Waiting for a file to change; Ctrl-C ends.", err=True)
        try:
            next(bursts)
        except KeyboardInterrupt:
            return
        current = read_again


def changes(projects: Sequence[Project]) -> Iterator[None]:
    """Yield once for each burst of changes to what the projects read: their folders, and the files at their roots.

    Raises ConfigError at once where watchfiles is not installed.
    """
    try:
        from watchfiles import watch  # noqa: PLC0415  # an extra: only --watch needs it
    except ModuleNotFoundError as error:
        raise ConfigError('--watch needs watchfiles: pip install "pytest-ctb[watch]"') from error
    bursts: queue.Queue[Exception | None] = queue.Queue()
    end = threading.Event()

    def follow(paths: Sequence[Path], *, below: bool) -> None:
        try:
            for _ in watch(*paths, recursive=below, stop_event=end, raise_interrupt=False):
                bursts.put(None)
        except Exception as error:  # noqa: BLE001  # raised where the bursts are waited for: no room for watches, say
            bursts.put(error)

    roots = sorted({project.root for project in projects})
    for paths, below in ((roots, False), (sorted(_folders(projects)), True)):
        threading.Thread(target=follow, args=(paths,), kwargs={"below": below}, daemon=True).start()
    return _bursts(bursts, end)


def _bursts(bursts: queue.Queue[Exception | None], end: threading.Event) -> Iterator[None]:
    try:
        while True:
            error = bursts.get()
            while not error and not bursts.empty():
                error = bursts.get()
            if error:
                raise ConfigError(f"--watch: {error}") from error
            yield
    finally:
        end.set()


def _folders(projects: Iterable[Project]) -> set[Path]:
    """The folders that the projects read whole, without those inside of another."""
    folders: set[Path] = set()
    for project in projects:
        config = project.config
        files = (*config.bases, *config.consumers, config.contracts, *(path for path, _ in config.preludes))
        homes = {path if path.is_dir() else path.parent for path in files} - {config.root}
        folders |= {path for path in {*config.migrations, config.rules, *homes} if path.is_dir()}
    return {folder for folder in folders if not any(other in folder.parents for other in folders)}
