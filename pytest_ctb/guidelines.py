"""YAML files to Guidelines. Strict: a typo in a guideline is an error with file and line, never a guideline less."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Guideline, Level
from pytest_ctb.paths import relative

_KEYS = {
    "code": str,
    "title": str,
    "level": str,
    "what": str,
    "why": str,
    "instead": str,
    "source": str,
    "options": dict,
    "examples": dict,
}
_REQUIRED = ("code", "title", "what", "why", "source")
_CODE = re.compile(r"[A-Z]{2}[0-9]{2}")
_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def packaged() -> Path:
    """The folder of the guidelines that come with the package."""
    here = Path(__file__).parent
    inside = here / "rules"
    return inside if inside.is_dir() else here.parent / "rules"


def load(root: Path, folder: Path, options_of: Mapping[str, type]) -> tuple[Guideline, ...]:
    """Read every guideline of a folder, sorted by code; those of level `off` too.

    `options_of` maps the id of each check to the dataclass of its options. Raises ConfigError, with file and line,
    where a file is no valid guideline, names a check that does not exist, or takes a code that is taken.
    """
    if not folder.is_dir():
        raise ConfigError(f"guidelines folder not found: {folder} (set --ctb-rules DIR, or ctb_rules in the ini file)")
    files = sorted(p for p in folder.iterdir() if p.suffix in {".yml", ".yaml"} and not p.name.startswith("."))
    if not files:
        raise ConfigError(f"nothing to check: no guideline (*.yml) in {folder}")
    codes: dict[str, Guideline] = {}
    for file in files:
        one = _read(file, relative(root, file), options_of)
        if one.code in codes:
            taken = codes[one.code]
            where = f"{taken.path}:{taken.lines.get('code', 1)}"
            raise _GuidelineError(one.path, one.lines["code"], f"the code {one.code} is taken by {where}")
        codes[one.code] = one
    return tuple(codes[code] for code in sorted(codes))


class _GuidelineError(ConfigError):
    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")


@dataclass(frozen=True)
class _Document:
    """A YAML file as plain values, and the line of every key in it (`options.tables.2`)."""

    path: str
    value: Any
    lines: Mapping[str, int]

    def bad(self, key: str, message: str) -> _GuidelineError:
        return _GuidelineError(self.path, self.lines.get(key, 1), message)


def _read(file: Path, path: str, options_of: Mapping[str, type]) -> Guideline:
    document = _document(file, path)
    values = document.value
    if not isinstance(values, dict):
        raise document.bad("", "a guideline is a mapping of keys to values (code, title, what, why, …)")
    for key, value in values.items():
        if key not in _KEYS:
            raise document.bad(str(key), f"unknown key {key!r}: a guideline has {', '.join(_KEYS)}")
        if not isinstance(value, _KEYS[key]):
            raise document.bad(key, f"{key!r} must be {_worded(_KEYS[key])}, not {value!r}")
    for key in _REQUIRED:
        if not values.get(key):
            raise document.bad("", f"the key {key!r} is missing")
    if not _CODE.fullmatch(values["code"]):
        raise document.bad("code", f"the code {values['code']!r} is not two capitals and two digits, as CT01")
    try:
        level = Level(values.get("level", Level.ERROR))
    except ValueError:
        raise document.bad("level", f"level {values['level']!r} is none of {', '.join(Level)}") from None
    guideline = file.stem
    if guideline not in options_of:
        known = ", ".join(sorted(options_of))
        raise _GuidelineError(path, 1, f"no check is named {guideline!r}, as this file is; the checks are: {known}")
    return Guideline(
        id=guideline,
        code=values["code"],
        title=values["title"].strip(),
        level=level,
        what=values["what"].strip(),
        why=values["why"].strip(),
        instead=values.get("instead", "").rstrip(),
        source=values["source"].strip(),
        options=_record(document, "options", values.get("options", {}), options_of[guideline]),
        path=path,
        lines=types.MappingProxyType(dict(document.lines)),
        examples=_examples(document),
    )


def _examples(document: _Document) -> Mapping[str, tuple[Mapping[str, str], ...]]:
    found: dict[str, tuple[Mapping[str, str], ...]] = {}
    for outcome, entries in document.value.get("examples", {}).items():
        key = f"examples.{outcome}"
        if outcome not in {"pass", "fail"} or not isinstance(entries, list):
            raise document.bad(key, "examples has two lists, 'pass' and 'fail'")
        for index, entry in enumerate(entries):
            if not isinstance(entry, str) and not (
                isinstance(entry, dict) and all(isinstance(part, str) for pair in entry.items() for part in pair)
            ):
                raise document.bad(f"{key}.{index}", "an example is SQL, or a mapping of file names to SQL")
        found[outcome] = tuple({"": entry} if isinstance(entry, str) else entry for entry in entries)
    return types.MappingProxyType(found)


def _document(file: Path, path: str) -> _Document:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        lines: dict[str, int] = {}
        value = _plain(loader, node, "", lines, path) if node else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _GuidelineError(path, line, f"not valid YAML: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise _GuidelineError(path, 1, f"not valid YAML: {error}") from error
    finally:
        loader.dispose()
    return _Document(path, value, lines)


def _plain(loader: Any, node: yaml.Node, key: str, lines: dict[str, int], path: str) -> Any:
    """A node as plain values. Scalars that YAML 1.1 would turn into something else (`off`, a date) stay text."""
    lines.setdefault(key, node.start_mark.line + 1)
    if node.tag not in _TAGS:
        raise _GuidelineError(path, node.start_mark.line + 1, f"the YAML tag {node.tag!r} means nothing here")
    if isinstance(node, yaml.MappingNode):
        values = {}
        for name_node, value_node in node.value:
            name = name_node.value
            inside = f"{key}.{name}" if key else str(name)
            if name in values:
                line = name_node.start_mark.line + 1
                raise _GuidelineError(path, line, f"the key {name!r} stands twice (first on line {lines[inside]})")
            lines[inside] = name_node.start_mark.line + 1
            values[name] = _plain(loader, value_node, inside, lines, path)
        return values
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, one, f"{key}.{i}", lines, path) for i, one in enumerate(node.value)]
    value = loader.construct_object(node)
    keep = isinstance(value, int | str) and not (isinstance(value, bool) and node.value not in {"true", "false"})
    return value if keep else node.value


def _record(document: _Document, key: str, value: Any, kind: Any) -> Any:
    """Convert plain values to what a check declares: a dataclass, a tuple, a mapping, text, a number, yes or no."""
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise document.bad(key, f"{key!r} must be a mapping, not {value!r}")
        hints = typing.get_type_hints(kind)
        for name in value:
            if name not in hints:
                known = ", ".join(hints) or "none"
                raise document.bad(f"{key}.{name}", f"unknown option {name!r}; there is: {known}")
        made = {name: _record(document, f"{key}.{name}", one, hints[name]) for name, one in value.items()}
        for one in dataclasses.fields(typing.cast("Any", kind)):
            missing = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
            if missing and one.name not in made:
                raise document.bad(key, f"the option {one.name!r} is missing")
        return typing.cast("Any", kind)(**made)
    if origin is tuple and isinstance(value, list):
        inside = typing.get_args(kind)[0]
        return tuple(_record(document, f"{key}.{i}", one, inside) for i, one in enumerate(value))
    if origin in {dict, Mapping} and isinstance(value, dict):
        inside = typing.get_args(kind)[1]
        return {name: _record(document, f"{key}.{name}", one, inside) for name, one in value.items()}
    if isinstance(kind, type) and isinstance(value, kind) and (kind is bool) == isinstance(value, bool):
        return value
    raise document.bad(key, f"{key!r} must be {_worded(kind)}, not {value!r}")


def _worded(kind: Any) -> str:
    words = {str: "text", int: "a whole number", bool: "true or false", dict: "a mapping"}
    return words.get(kind) or ("a list" if typing.get_origin(kind) is tuple else "a mapping")
