"""What earlier runs saw, kept by its content in pytest's cache: an entry is found under what it depends on, or not.

The file is signed with a key that lies in the user's own cache: one that a repository brings along, or that somebody
else wrote, is not read. It is rewritten as a whole, and whoever comes last wins: what is lost is seen anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import pickle
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from secrets import token_bytes
from typing import Any

from pytest_ctb.postgres.data_directory import cache_folder
from pytest_ctb.repository import atomic_file as whole

_NAME = "evidence"
_SPARE = 2
"""For each entry in use so many others are kept: those of another branch, say."""


class Cache:
    """The entries that lie in a folder."""

    def __init__(self, folder: Path, *, fresh: bool = False) -> None:
        self._path = folder / _NAME
        self._fresh = fresh
        """Nothing is found, but what is put is kept."""

    def get(self, key: str) -> Any:
        """What was put under a key, or None."""
        found = self._entries.get(key)
        return None if found is None else pickle.loads(found)  # noqa: S301  # signed by this user

    def put(self, entries: Mapping[str, Any]) -> None:
        """Keep these, and some that earlier runs have put; where it cannot be, nothing is kept."""
        old = self._entries
        if self._key is None or entries.keys() <= old.keys():
            return
        pickled = {
            key: old[key] if key in old else pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
            for key, value in entries.items()
        }
        others = [key for key in old if key not in pickled][-_SPARE * len(pickled) :]
        data = pickle.dumps({**{key: old[key] for key in others}, **pickled}, pickle.HIGHEST_PROTOCOL)
        with contextlib.suppress(OSError):
            whole.write(self._path, self._signature(self._key, data) + data)

    @cached_property
    def _entries(self) -> dict[str, bytes]:
        if self._key is None or self._fresh:
            return {}
        try:
            signed = self._path.read_bytes()
        except OSError:
            return {}
        signature, data = signed[:32], signed[32:]
        if not hmac.compare_digest(signature, self._signature(self._key, data)):
            return {}
        entries = pickle.loads(data)  # noqa: S301  # signed by this user
        assert isinstance(entries, dict)
        return entries

    @staticmethod
    def _signature(key: bytes, data: bytes) -> bytes:
        return hmac.digest(key, data, hashlib.sha256)

    @cached_property
    def _key(self) -> bytes | None:
        """The user's own; None where there is no place for it."""
        ours = cache_folder()
        if ours is None:
            return None
        path = ours / "key"
        with contextlib.suppress(OSError):
            if not path.exists():
                whole.write(path, token_bytes(32), over=False)
            key = path.read_bytes()
            return key if len(key) == 32 else None
        return None
