"""Reading the files of a repository: regular ones alone, and none that a link leads out of it."""

from __future__ import annotations

import errno
import io
import os
import stat
from functools import cache
from pathlib import Path

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


class NotAFileError(OSError):
    """What a path leads to is not read: it is no regular file, or not the repository's."""

    @property
    def why(self) -> str:
        """The reason, without the path."""
        return self.strerror or ""


def read_bytes(path: Path, root: Path | None = None) -> bytes:
    """What a file holds. Raises OSError, with its reason as `strerror`.

    A path below `root` is the repository's, and must not lead out of it by a link; any other is whoever's who named it.
    Never waits: a pipe would until somebody writes, a device may have no end.
    """
    try:
        _refuse(path, os.stat(path))  # noqa: PTH116  # before it is opened, which some devices see
        if root is not None:
            _refuse_outside(path, root)
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except ValueError as error:  # a NUL in it
        raise NotAFileError(errno.EINVAL, f"no path: {error}", str(path)) from error
    with io.FileIO(number) as file:
        _refuse(path, os.fstat(number))
        return file.readall()


def read_text(path: Path, root: Path | None = None, errors: str = "strict") -> str:
    """The text of a file in UTF-8, every line end as a line feed. Raises OSError and UnicodeDecodeError."""
    return io.TextIOWrapper(io.BytesIO(read_bytes(path, root)), encoding="utf-8", errors=errors).read()


def bytes_shown(path: Path, text: str) -> bytes:
    """The bytes that an editor shows as a text: the file's own where they say the same, else the text in UTF-8.

    An editor drops the byte order mark, and may change line ends: the text alone does not tell how the file is encoded.
    """
    try:
        data = read_bytes(path)
    except OSError:  # it has not been saved yet
        return text.encode("utf-8", "surrogatepass")
    same = data.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    given = text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    return data if same == given or b"\0" in data or "\ufffd" in same else text.encode("utf-8", "surrogatepass")


def leads_out(path: Path, root: Path) -> Path | None:
    """Where a path below the root leads to, if that is outside of the repository: of git's folder, or of the root."""
    if not _is_below(os.path.normpath(path), root):
        return None
    target = os.path.realpath(path) if os.path.islink(path) else os.path.join(_real(path.parent), path.name)  # noqa: PTH114, PTH118
    return None if _is_below(target, border(root)) else Path(target)


@cache
def _real(folder: Path) -> str:
    """The folder without links; kept, because many files are in one folder."""
    return os.path.realpath(folder)


def _is_below(path: str, folder: Path) -> bool:
    """Whether a path is a folder or leads into it, by its text (`pathlib` takes five times as long to say so)."""
    return path == str(folder) or path.startswith(os.path.join(folder, ""))  # noqa: PTH118  # `/` has its separator


def _refuse(path: Path, status: os.stat_result) -> None:
    kind = _KINDS.get(stat.S_IFMT(status.st_mode))
    if kind:
        raise NotAFileError(errno.EINVAL, f"it is {kind}, not a regular file", str(path))


def _refuse_outside(path: Path, root: Path) -> None:
    if (target := leads_out(path, root)) is not None:
        raise NotAFileError(errno.EINVAL, f"a link leads out of the repository, to {target}", str(path))


@cache
def border(root: Path) -> Path:
    """The folder of the repository that a folder belongs to: the one with `.git`, else the folder itself."""
    top = root.resolve()
    return next((folder for folder in (top, *top.parents) if (folder / ".git").exists()), top)
