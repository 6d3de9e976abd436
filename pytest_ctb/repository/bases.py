"""The base schemas of a repository: which files they are, and of which part of the schema each is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pytest_ctb.model import Migration

WHOLE = "neon.sql"
"""The file that holds the whole schema, by the guide."""
_USUAL = "*schema*.sql"
"""The files beside it that hold parts: `neon-company-schema.sql`."""
_PART = "part"


def usual_bases(folder: Path) -> tuple[Path, ...]:
    """The base schemas of a folder: `neon.sql`, then the others by name."""
    files = {file for pattern in (WHOLE, _USUAL) for file in folder.glob(pattern) if file.is_file()}
    return tuple(sorted(files, key=lambda file: (file.name != WHOLE, file.name)))


def part_names(base: Migration) -> tuple[str, ...]:
    """The schemas and objects of which a base schema is, as its header says: `-- Part: company, people.master`."""
    fields = (field for field in base.header if field.name.casefold() == _PART)
    return tuple(name.strip().replace('"', "") for field in fields for name in field.value.split(",") if name.strip())


def may_be_part(base: Migration, bases: Sequence[Migration]) -> bool:
    """Whether a base schema may be a part without saying so: one of several is, and `neon.sql` never."""
    return len(bases) > 1 and not base.path.endswith(f"/{WHOLE}") and base.path != WHOLE


def has_whole(bases: Sequence[Migration]) -> bool:
    """Whether one of these is `neon.sql`, so that the others are parts."""
    return not all(may_be_part(base, bases) for base in bases)
