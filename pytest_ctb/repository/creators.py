"""Which migration defines each object first, so that no other takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from pytest_ctb.model import Key, Migration, Repository
from pytest_ctb.sql import object_positions


def defined_elsewhere(repository: Repository, migration: Migration) -> list[Key]:
    """The objects that a migration defines although an earlier one does: they stay when it is taken back."""
    creators = _creators(repository)
    return [key for key in object_positions(migration.statements) if creators.get(key, "") != migration.path]


@lru_cache(maxsize=1)
def _creators(repository: Repository) -> Mapping[Key, str]:
    """The path of the first file that defines each object."""
    creators: dict[Key, str] = {}
    for migration in repository.migrations:
        for key in object_positions(migration.statements):
            creators.setdefault(key, migration.path)
    return creators
