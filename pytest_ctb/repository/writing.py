"""Write files whole or not at all. What keeps a person's file from being written is a ConfigError of one line."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pytest_ctb.errors import ConfigError


def write(path: Path, data: bytes) -> None:
    """Put data in the place of a file, all of it or nothing; a link stays one, and the file keeps its mode.

    Makes the folders that lack. Raises ConfigError.
    """
    with _config_errors(path, "written"):
        real = path.resolve()
        if real.exists():
            _replace(real, data)
        else:
            _folder(real.parent)
            _make(real, data)


def make(path: Path, data: bytes) -> None:
    """Write a file that is not there yet. Raises FileExistsError where it is, else ConfigError."""
    with _config_errors(path, "written"):
        _folder(path.parent)
        _make(path, data)


def remove(path: Path) -> None:
    """Remove a file. Raises ConfigError."""
    with _config_errors(path, "removed"):
        path.unlink()


def check(path: Path) -> None:
    """Raise ConfigError where no file could be written to a path; leaves what is there, and nothing new."""
    with _config_errors(path, "written"):
        real = path.resolve()
        if real.exists():
            os.close(os.open(real, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK))
            return
        folder = next(parent for parent in real.parents if parent.exists())
        if folder == real.parent:
            os.close(os.open(real, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
            real.unlink()
        else:
            os.rmdir(tempfile.mkdtemp(dir=folder, prefix=".ctb-"))  # noqa: PTH106


def store(path: Path, data: bytes, *, over: bool = True) -> None:
    """Write a file that only programs read, in one step, for this user alone; unless `over`, only where none is.

    One writer at a time, under one name: the next one overwrites what one that was killed has left. Raises OSError.
    """
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    half = path.with_name(f".{path.name}")
    try:
        with contextlib.suppress(OSError):  # not every network's file system has locks
            fcntl.flock(folder, fcntl.LOCK_EX)
        if over or not path.exists():
            with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
                file.write(data)
            half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    finally:
        os.close(folder)


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(error.errno, f"{path} is no folder") from error


def _make(path: Path, data: bytes) -> None:
    with path.open("xb") as out:
        try:
            out.write(data)
            out.flush()
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _replace(path: Path, data: bytes) -> None:
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".ctb-")
    except OSError:  # a folder in which nothing may be made can hold a file that may be written
        path.write_bytes(data)
        return
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _config_errors(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise
    except OSError as error:
        raise ConfigError(f"{path}: cannot be {what}: {error.strerror or error}") from error
    except ValueError as error:  # a name that no file can have
        raise ConfigError(f"{path}: cannot be {what}: {error}") from error
