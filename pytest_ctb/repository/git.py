"""The files that changed since a git revision, and which revision is checked out.

`git diff --merge-base` (git 2.30): where the revision is a branch that went on, what it got since counts for nothing.
"""

from __future__ import annotations

import datetime
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from pytest_ctb.errors import ConfigError
from pytest_ctb.repository.paths import relative

_BRANCH_VARIABLES = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BITBUCKET_BRANCH", "BUILDKITE_BRANCH")
"""Where CI systems say which branch they run for: they check out a commit, and no branch."""
_HUNK = re.compile(rb"^@@ -\S+ \+(\d+)", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Changes:
    """Files as test ids name them, by how they changed. A file that git does not track yet counts as added."""

    edited: frozenset[str]
    added: frozenset[str]
    renamed: Mapping[str, str]
    """The new name, and the one that it had; it may be edited too."""
    deleted: frozenset[str]

    @property
    def present(self) -> frozenset[str]:
        """The files that exist now and are new, edited or renamed."""
        return self.edited | self.added | frozenset(self.renamed)


class Revision(NamedTuple):
    """Where the files of a run come from."""

    repository: str
    """The last part of the address of `origin`, with what stands before it (`team/shop`); else the folder's name."""
    branch: str
    """Empty where a commit is checked out, and no CI system says for which branch."""
    commit: str
    edited: bool
    """Whether files that were judged differ from the commit."""

    def __str__(self) -> str:
        at = f"{self.branch} at {self.commit[:8]}" if self.branch else self.commit[:8]
        return f"{self.repository}, {at}{' with uncommitted changes' if self.edited else ''}"


def revision(root: Path, files: Collection[str]) -> Revision | None:
    """The revision that is checked out; None outside of a git repository, and before its first commit.

    `files` are those that were judged, relative to `root`.
    """
    try:
        said = os.fsdecode(_git(root, "rev-parse", "--show-toplevel", "HEAD", "--abbrev-ref", "HEAD")).rstrip("\n")
        folder, commit, branch = said.rsplit("\n", 2)
        top = Path(folder)
        differing = _git(top, "diff", "--name-only", "--no-renames", "-z", "HEAD", "--")
        untracked = _git(top, "ls-files", "--others", "--exclude-standard", "-z")
    except ConfigError:
        return None
    edited = {relative(root.resolve(), top / name) for name in _names(differing + untracked)}
    if branch == "HEAD":
        branch = next((os.environ[name] for name in _BRANCH_VARIABLES if os.environ.get(name)), "")
    return Revision(_repository_name(top), branch, commit, not edited.isdisjoint(files))


def _repository_name(top: Path) -> str:
    try:
        address = _git(top, "remote", "get-url", "origin").decode(errors="replace").strip()
    except ConfigError:
        return top.name
    # `git@host:team/shop.git` is no URL; of a URL nothing but the path is shown, since it may hold a password.
    path = urlsplit(address).path if "://" in address else address.rpartition(":")[2]
    parts = [part for part in PurePosixPath(path).parts if part != "/"]
    local = "://" not in address and ":" not in address
    return "/".join(parts[-1 if local else -2 :]).removesuffix(".git") or top.name


@lru_cache(maxsize=4)
def changes(root: Path, revision: str) -> Changes:
    """What changed since the revision, committed or not. Raises ConfigError where git cannot tell."""
    if not revision or revision.startswith("-"):
        raise ConfigError(f"{revision!r} is not a git revision")
    top = Path(_git(root, "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    with tempfile.TemporaryDirectory(prefix="ctb-") as folder:
        # An index of our own, which knows of files that were not added yet: else git sees no rename of one.
        index = Path(_git(top, "rev-parse", "--git-path", "index").decode().rstrip("\n"))
        copied = Path(folder) / "index"
        if (top / index).is_file():
            shutil.copy2(top / index, copied)  # with its time: git reads again what is not older than that
        _git(top, "add", "--all", "--intent-to-add", index=copied)
        output = _git(
            top, "diff", "--merge-base", "--find-renames", "--name-status", "-z", revision, "--", index=copied
        )
    by_kind: dict[str, list[tuple[str, ...]]] = {}
    for kind, *paths in _entries(output):
        by_kind.setdefault(kind, []).append(tuple(relative(root.resolve(), top / path) for path in paths))
    return Changes(
        edited=frozenset(path for kind in "MT" for (path,) in by_kind.get(kind, ())),
        added=frozenset(paths[-1] for kind in "AC" for paths in by_kind.get(kind, ())),
        renamed={now: before for before, now in by_kind.get("R", ())},
        deleted=frozenset(path for (path,) in by_kind.get("D", ())),
    )


def first_change(root: Path, revision: str, path: str) -> int:
    """The first line (1-based) of a file that is not as it was; 0 where only its mode changed.

    Raises ConfigError where git cannot tell.
    """
    output = _git(root, "diff", "--merge-base", "--unified=0", "--no-color", "--no-ext-diff", revision, "--", path)
    hunk = _HUNK.search(output)
    if hunk:
        return max(int(hunk[1]), 1)
    return 1 if b"\nBinary files " in output else 0


@lru_cache(maxsize=4)
def added_on(root: Path) -> Mapping[str, datetime.date]:
    """The day on which each SQL file came, by its path. Raises ConfigError where git cannot tell."""
    output = _git(root, "log", "--diff-filter=A", "--relative", "--name-only", "-z", "--format=%x01%as", "--", "*.sql")
    days: dict[str, datetime.date] = {}
    for commit in output.split(b"\x01")[1:]:  # the newest first, so that the first time counts
        day, *paths = _names(commit.replace(b"\n", b""))
        days |= dict.fromkeys(paths, datetime.date.fromisoformat(day))
    return days


def _entries(output: bytes) -> Iterator[tuple[str, ...]]:
    """Each letter with its paths: one, or two for what was renamed or copied."""
    names = iter(_names(output))
    for letter in names:
        yield (letter[0], *(next(names) for _ in range(2 if letter[0] in "RC" else 1)))


def _names(output: bytes) -> list[str]:
    return [name.decode(errors="surrogateescape") for name in output.split(b"\0") if name]


def _git(folder: Path, *arguments: str, index: Path | None = None) -> bytes:
    environment = {**os.environ, "GIT_INDEX_FILE": str(index)} if index else None
    command = ["git", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, capture_output=True, check=True, env=environment).stdout
    except FileNotFoundError as error:
        raise ConfigError("git is not installed, or not on PATH") from error
    except subprocess.CalledProcessError as error:
        said = " ".join(error.stderr.decode(errors="replace").split())
        shallow = " (a shallow clone lacks its history: fetch-depth: 0, git fetch --unshallow)"
        hint = shallow if "merge base" in said or "unknown revision" in said or "bad revision" in said else ""
        if "not a git repository" in said:
            raise ConfigError(
                f"{folder} is not in a git repository, so git cannot say what changed since a revision (git: {said})"
            ) from error
        raise ConfigError(f"git {arguments[0]}: {said}{hint}") from error
