"""A YAML file as plain values, each with its line. Strict: a typo is an error that names file and line."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pytest_ctb.errors import ConfigError
from pytest_ctb.model.misspelt import did_you_mean
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.paths import relative

_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp")}
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


_DEPTHS = {"options": 1, "causes": 2}
"""How deep a mapping is replaced key by key where one document is put over another; other keys are replaced whole."""


class DocumentError(ConfigError):
    """A YAML file holds something that is not valid; the message starts with file and line."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")


@dataclass(frozen=True)
class Document:
    """A YAML file, or a part of one, and the file and line of every key in it (`options.tables.2`)."""

    name: str
    """The name of the file without its ending: the id of a guideline."""
    path: str
    origin: str
    """The file that defines the guideline; not `path` where this file only changes some of it (`extends`)."""
    value: Any
    places: Mapping[str, tuple[str, int]]

    def bad(self, key: str, message: str) -> DocumentError:
        """An error at a key; at the start of the file where there is no such key."""
        return DocumentError(*self.places.get(key, (self.path, 1)), message)

    def part(self, key: str, name: str) -> Document:
        """The value of a key as a document of its own."""
        value = self.value
        for step in key.split("."):
            value = value[step]
        inside = {at.removeprefix(f"{key}."): place for at, place in self.places.items() if at.startswith(f"{key}.")}
        return Document(name, self.path, self.path, value, {"": self.places[key], **inside})

    def over(self, base: Document) -> Document:
        """The base with the values of this document put over its own, as deep as `_DEPTHS` says."""
        changes = {key: value for key, value in self.value.items() if key != "extends"}
        value, changed_keys = dict(base.value), set()
        for key, change in changes.items():
            value[key], changed = _laid_over(base.value.get(key), change, _DEPTHS.get(key, 0))
            changed_keys |= {f"{key}.{inside}".removesuffix(".") for inside in changed}
        kept = {
            key: place
            for key, place in base.places.items()
            if not any(key == changed or key.startswith(f"{changed}.") for changed in changed_keys)
        }
        return Document(self.name, self.path, base.origin, value, {**kept, **self.places})


def _laid_over(base: Any, change: Any, depth: int) -> tuple[Any, set[str]]:
    """The base with the change put over it, and the keys that it replaced; an empty key stands for the whole."""
    if not depth or not isinstance(base, dict) or not isinstance(change, dict):
        return change, {""}
    value, changed_keys = dict(base), set()
    for name, inner in change.items():
        value[name], changed = _laid_over(base.get(name), inner, depth - 1)
        changed_keys |= {f"{name}.{inside}".removesuffix(".") for inside in changed}
    return value, changed_keys


def read(root: Path, file: Path) -> Document:
    """Read one YAML file. Raises ConfigError where it cannot be read, DocumentError where it is not valid YAML."""
    path = relative(root, file)
    try:
        text = read_text(file, root)
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
        raise DocumentError(path, line, f"not valid YAML: {_problem(error, text, line)}") from error
    except yaml.YAMLError as error:
        raise DocumentError(path, 1, f"not valid YAML: {error}") from error
    except RecursionError as error:
        raise DocumentError(path, 1, "it nests too deep to be read") from error
    finally:
        loader.dispose()
    return Document(file.stem, path, path, value, {key: (path, line) for key, line in lines.items()})


def _problem(error: yaml.MarkedYAMLError, text: str, line: int) -> str:
    """What is wrong on a line, counted from 1."""
    at = text.split("\n")[line - 1 : line]
    indentation = at[0][: len(at[0]) - len(at[0].lstrip())] if at else ""
    if "\t" in indentation:
        return "the line is indented with a tab; YAML allows only spaces"
    return str(error.problem or error.context)


def _plain(loader: Any, node: yaml.Node, key: str, lines: dict[str, int], path: str) -> Any:
    """A node as plain values. Scalars that YAML 1.1 would turn into something else (`off`, a date) stay text."""
    lines.setdefault(key, node.start_mark.line + 1)
    if node.tag not in _TAGS:
        raise DocumentError(path, node.start_mark.line + 1, f"the YAML tag {node.tag!r} means nothing here")
    if isinstance(node, yaml.MappingNode):
        values = {}
        for name_node, value_node in node.value:
            name = name_node.value
            inside = f"{key}.{name}" if key else str(name)
            if name in values:
                line = name_node.start_mark.line + 1
                raise DocumentError(path, line, f"the key {name!r} occurs twice (first on line {lines[inside]})")
            lines[inside] = name_node.start_mark.line + 1
            values[name] = _plain(loader, value_node, inside, lines, path)
        return values
    if isinstance(node, yaml.SequenceNode):
        return [_plain(loader, item, f"{key}.{i}", lines, path) for i, item in enumerate(node.value)]
    value = loader.construct_object(node)
    keep = isinstance(value, int | str) and not (isinstance(value, bool) and node.value not in {"true", "false"})
    return value if keep else node.value


def record(document: Document, key: str, value: Any, kind: Any) -> Any:
    """Convert plain values to the type that a check declares: a dataclass, a tuple, a mapping, a text, an int, a bool.

    Raises DocumentError at the key whose value is something else.
    """
    origin = typing.get_origin(kind)
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, dict):
            raise document.bad(key, f"{key!r} must be a mapping, not {value!r}")
        hints = typing.get_type_hints(kind)
        for name in value:
            if name not in hints:
                hint = did_you_mean(name, hints) or f"; there is: {', '.join(hints) or 'none'}"
                raise document.bad(f"{key}.{name}", f"unknown option {name!r}{hint}")
        values = {
            name: record(document, f"{key}.{name}", option_value, hints[name]) for name, option_value in value.items()
        }
        for option in dataclasses.fields(typing.cast("Any", kind)):
            missing = option.default is dataclasses.MISSING and option.default_factory is dataclasses.MISSING
            if missing and option.name not in values:
                raise document.bad(key, f"the option {option.name!r} is missing")
        return typing.cast("Any", kind)(**values)
    if origin is tuple and isinstance(value, list):
        inside = typing.get_args(kind)[0]
        return tuple(record(document, f"{key}.{i}", item, inside) for i, item in enumerate(value))
    if origin in {dict, Mapping} and isinstance(value, dict):
        inside = typing.get_args(kind)[1]
        return {name: record(document, f"{key}.{name}", item, inside) for name, item in value.items()}
    if isinstance(kind, type) and isinstance(value, kind) and (kind is bool) == isinstance(value, bool):
        return value
    raise document.bad(key, f"{key!r} must be {described(kind)}, not {value!r}")


def described(kind: Any) -> str:
    """What a value of this type is, in words for a message."""
    words = {str: "text", int: "a whole number", bool: "true or false", dict: "a mapping", list: "a list"}
    return words.get(kind) or ("a list" if typing.get_origin(kind) is tuple else "a mapping")
