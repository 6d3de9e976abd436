"""Find the guideline files that apply: those of a folder or a profile, and those that it extends.

A profile is a file with `extends` and `guidelines`: packaged ones lie in `rules/profiles/`, a repository's own is
`_profile.yml` in its folder. A pack is a packaged folder of guidelines that apply only where a profile extends it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pytest_ctb.config.packaged import ENDINGS, PROFILE, packaged_by_name, packaged_ids, profile_of
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.document import Document, read
from pytest_ctb.model.misspelt import did_you_mean
from pytest_ctb.repository.paths import normal

_NOTHING = "none"
"""The name that a profile extends where the guidelines of its folder stand alone."""
_KEYS = ("extends", "guidelines")


def collect(root: Path, source: Path, under: Path | None = None) -> tuple[Document, ...]:
    """The documents of all guidelines of a folder or a profile, sorted by id, with those that it extends.

    `under`: the profile that a folder without `_profile.yml` adds to.
    Raises ConfigError, with file and line, where a name is unknown or ambiguous, or a profile extends itself.
    """
    if not source.exists():
        listed = f"set --ctb-rules DIR, or ctb_rules in the ini file; by name there is: {', '.join(packaged_by_name())}"
        raise ConfigError(
            f"guidelines folder not found: {source}{did_you_mean(source.name, packaged_by_name()) or f' ({listed})'}"
        )
    documents = _of(root, source, (), under)
    if not documents:
        raise ConfigError(f"nothing to check: no guideline (*.yml) in {source}")
    return tuple(documents[name] for name in sorted(documents))


def not_extended(root: Path, folder: Path) -> tuple[Path, ...]:
    """The YAML files in folders below a folder of guidelines that its profile does not extend: they apply to nothing.

    Raises ConfigError where a profile cannot be read.
    """
    reached = {path.resolve() for path in _reached(root, folder)}
    return tuple(
        file
        for file in sorted(folder.rglob("*"))
        if file.suffix in ENDINGS
        and file.parent != folder
        and not any(part.startswith(".") for part in file.relative_to(folder).parts)
        and reached.isdisjoint({file.resolve(), file.parent.resolve()})
    )


def _reached(root: Path, source: Path) -> Iterator[Path]:
    """A folder or a profile, and all that it extends."""
    yield source
    profile = profile_of(source) if source.is_dir() else source
    if profile:
        for _, path in _extended(read(root, profile), profile):
            yield from _reached(root, path)


def _of(root: Path, source: Path, above: tuple[Path, ...], under: Path | None = None) -> dict[str, Document]:
    if source.is_file():
        return _profile(root, source, above)
    if not source.is_dir():
        raise ConfigError(f"{source}: neither a folder of guidelines nor the file of a profile")
    files = sorted(file for file in source.iterdir() if file.suffix in ENDINGS and not file.name.startswith("."))
    inherited = _of(root, under, ()) if under else {}
    for file in files:
        if file.stem == PROFILE:
            inherited = _profile(root, file, (*above, source.resolve()))
    in_folder: dict[str, Document] = {}
    for file in files:
        if file.stem == PROFILE:
            continue
        document = read(root, file)
        if document.name in in_folder:
            raise document.bad("", f"the guideline {document.name!r} has another file, {in_folder[document.name].path}")
        in_folder[document.name] = _complete(root, document, inherited)
    return inherited | in_folder


def _complete(root: Path, document: Document, inherited: Mapping[str, Document]) -> Document:
    """The document of a guideline; with `extends`, laid over the guideline of that name."""
    if not isinstance(document.value, dict) or "extends" not in document.value:
        return document
    wanted = document.value["extends"]
    if wanted != document.name:
        raise document.bad("extends", f"a guideline extends the one of its own name, {document.name!r}, not {wanted!r}")
    base = inherited.get(document.name) or _packaged(root, document.name)
    if base is None:
        raise document.bad("extends", f"no guideline is named {wanted!r}{_near(wanted, packaged_ids())}")
    return document.over(base)


def _packaged(root: Path, guideline: str) -> Document | None:
    files = (folder / f"{guideline}.yml" for folder in packaged_by_name().values() if folder.is_dir())
    return next((read(root, file) for file in files if file.is_file()), None)


def _profile(root: Path, file: Path, above: tuple[Path, ...]) -> dict[str, Document]:
    profile = read(root, file)
    if not isinstance(profile.value, dict):
        raise profile.bad("", "a profile is a mapping with the keys extends and guidelines")
    for key in profile.value:
        if key not in _KEYS:
            raise profile.bad(str(key), f"unknown key {key!r}: a profile has {', '.join(_KEYS)}")
    documents: dict[str, Document] = {}
    for key, source in _extended(profile, file):
        if source.resolve() in {*above, file.resolve()}:
            raise profile.bad(key, f"{profile.path} extends itself by way of {source.name}")
        for name, document in _of(root, source, (*above, file.resolve())).items():
            if name in documents and documents[name].origin != document.origin:
                raise profile.bad(
                    key, f"two guidelines are named {name!r}: {documents[name].origin} and {document.origin}"
                )
            documents[name] = document
    changes = profile.value.get("guidelines", {})
    if not isinstance(changes, dict):
        raise profile.bad("guidelines", f"'guidelines' must be a mapping of ids to keys, not {changes!r}")
    for name, change in changes.items():
        key = f"guidelines.{name}"
        if name not in documents:
            raise profile.bad(key, f"{profile.path} extends no guideline named {name!r}{_near(name, documents)}")
        if not isinstance(change, dict):
            raise profile.bad(key, f"{name!r} must be a mapping of what changes (level, options, …), not {change!r}")
        documents[name] = profile.part(key, name).over(documents[name])
    return documents


def _extended(profile: Document, file: Path) -> Iterator[tuple[str, Path]]:
    """What a profile extends, each as its YAML key and its path: packaged things by name, others by a relative path."""
    value = profile.value.get("extends")
    if not value or not isinstance(value, str | list):
        raise profile.bad("extends", "'extends' must be a name, or a list of names")
    if value == _NOTHING:
        return
    entries = [("extends", value)] if isinstance(value, str) else [(f"extends.{i}", n) for i, n in enumerate(value)]
    for key, name in entries:
        if not isinstance(name, str):
            raise profile.bad(key, f"{key!r} must be text, not {name!r}")
        path = normal(file.parent / name) if "/" in name else packaged_by_name().get(name)
        if path is None or not path.exists():
            raise profile.bad(key, f"nothing to extend is named {name!r}{_near(name, packaged_by_name())}")
        yield key, path


def _near(name: object, known: Iterable[str]) -> str:
    names = sorted(known)
    return did_you_mean(name, names) or f"; there is: {', '.join(names)}"
