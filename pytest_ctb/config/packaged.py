"""The guidelines that come with the package: their folder, and their profiles and packs by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_ctb.repository.paths import normal


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


def rules_path(start: Path, value: str) -> Path:
    """The path for a value of `ctb_rules`: a folder, relative to `start`, else the profile or pack of that name."""
    folder = normal(start / value)
    return folder if folder.is_dir() else packaged_by_name().get(value, folder)
