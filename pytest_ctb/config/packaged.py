"""Where the guidelines lie that come with the package, and which folder or profile the name of a setting means."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_ctb.repository.paths import normal


def packaged() -> Path:
    """The folder of the guidelines that come with the package."""
    package = Path(__file__).parents[1]
    inside = package / "rules"
    return inside if inside.is_dir() else package.parent / "rules"


def named() -> Mapping[str, Path]:
    """What comes with the package and can be taken by its name: `ctb`, which is all of the guide, profiles, packs."""
    home = packaged()
    profiles = {file.stem: file for file in sorted((home / "profiles").glob("*.yml"))}
    packs = {folder.name: folder for folder in sorted((home / "packs").glob("*")) if folder.is_dir()}
    return {"ctb": home, **profiles, **packs}


def chosen(start: Path, value: str) -> Path:
    """What `ctb_rules` means: a folder, relative to `start`; where there is none, the profile or pack of that name."""
    folder = normal(start / value)
    return folder if folder.is_dir() else named().get(value, folder)
