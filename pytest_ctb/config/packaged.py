"""The guidelines that come with the package: their folder, and their profiles and packs by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from pytest_ctb.repository.files import read_bytes
from pytest_ctb.repository.paths import normal

PROFILE = "_profile"
"""The name, without its ending, of the file that says which guidelines those of its folder add to."""
ENDINGS = (".yml", ".yaml")
_HEADER = re.compile(rb"^\W*(?:(?:CTB Branch|Barton ID)\s*:|Unique ID\s*:\s*CTB-)", re.MULTILINE | re.IGNORECASE)
_TOP = 4096
"""A file header stands in the first bytes of a file."""


def packaged() -> Path:
    """The folder of the guidelines that come with the package."""
    package = Path(__file__).parents[1]
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def packaged_by_name() -> Mapping[str, Path]:
    """The paths of the packaged guidelines by name: `ctb` (the whole guide), profiles (files) and packs (folders)."""
    home = packaged()
    profiles = {file.stem: file for file in sorted((home / "profiles").glob("*.yml"))}
    packs = {folder.name: folder for folder in sorted((home / "packs").glob("*")) if folder.is_dir()}
    return {"ctb": home, **profiles, **packs}


def packaged_ids() -> list[str]:
    """The ids of all guidelines that come with the package."""
    return [file.stem for folder in packaged_by_name().values() if folder.is_dir() for file in folder.glob("*.yml")]


def rules_path(start: Path, value: str) -> Path:
    """The path for a value of `ctb_rules`: a folder, relative to `start`, else the profile or pack of that name."""
    folder = normal(start / value)
    return folder if folder.is_dir() else packaged_by_name().get(value, folder)


def profile_of(folder: Path) -> Path | None:
    """The file `_profile.yml` of a folder of guidelines; None where there is none."""
    return next((file for ending in ENDINGS if (file := folder / f"{PROFILE}{ending}").is_file()), None)


def default_profile(root: Path, folders: Iterable[Path]) -> str:
    """The name of the profile of a repository that chooses none: `ctb` where a migration has a CTB header."""
    files = (file for folder in folders for file in folder.rglob("*") if file.suffix.lower() in {".sql", ".up"})
    return "ctb" if any(_has_ctb_header(root, file) for file in files) else "postgres"


def _has_ctb_header(root: Path, file: Path) -> bool:
    try:
        return bool(_HEADER.search(read_bytes(file, root)[:_TOP]))
    except OSError:  # reported when the files are read
        return False
