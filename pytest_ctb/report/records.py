"""The records of `model` as JSON values, and back by the types of their fields: a file can bring nothing else."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import cache
from typing import Any

from pytest_ctb.model import Included, Position


def packed(value: Any) -> Any:
    """A value as JSON: a record as its fields that differ from their defaults, a mapping as a list of pairs."""
    if value is None or isinstance(value, Enum | str | int | float | bool):
        return value.value if isinstance(value, Enum) else value
    if dataclasses.is_dataclass(value) or hasattr(value, "_fields"):
        return _packed_record(value)
    if isinstance(value, Mapping):
        return [[packed(key), packed(item)] for key, item in value.items()]
    if isinstance(value, Iterable):
        items = [packed(item) for item in value]
        return sorted(items, key=json.dumps) if isinstance(value, frozenset | set) else items
    return str(value)


def _packed_record(record: Any) -> dict[str, Any]:
    kind: Any = type(record)
    if kind is Included:
        return {**record._asdict(), "inside": record.inside}
    defaults, fields = _defaults(kind), ((name, getattr(record, name)) for name in _names(kind))
    return {name: packed(item) for name, item in fields if name not in defaults or defaults[name] != item}


def unpacked(declared: Any, value: Any) -> Any:
    """The value of a type that `packed` made JSON of. Raises ValueError or TypeError where it is of another."""
    origin, arguments = typing.get_origin(declared), typing.get_args(declared)
    if origin in {typing.Union, types.UnionType}:
        return _one_of(arguments, value)
    if origin is not None:
        return _collection(origin, arguments, _list(value))
    if issubclass(declared, Enum):
        return declared(value)
    if declared in {str, int, float, bool, types.NoneType}:
        if type(value) is declared or (declared is float and type(value) is int):
            return value
        raise ValueError(f"{value!r} is not a {declared.__name__}")
    if isinstance(value, dict):
        return _record(declared, value)
    raise TypeError(f"{value!r} is not a {declared.__name__}")


def _collection(origin: type, arguments: Sequence[Any], items: Sequence[Any]) -> Any:
    if origin is frozenset:
        return frozenset(unpacked(arguments[0], item) for item in items)
    if origin is not tuple:  # a Mapping
        return {unpacked(arguments[0], key): unpacked(arguments[1], item) for key, item in items}
    kinds = [arguments[0]] * len(items) if arguments[1:] == (...,) else arguments
    return tuple(unpacked(kind, item) for kind, item in zip(kinds, items, strict=True))


def _record(kind: Any, values: Mapping[str, Any]) -> Any:
    if kind is Position and "inside" in values:
        place = _record(Position, {name: item for name, item in values.items() if name != "inside"})
        return Included.of(place, unpacked(str, values["inside"]))
    fields = _types(kind)
    if unknown := values.keys() - fields.keys():
        raise ValueError(f"a {kind.__name__} has no {min(unknown)}")
    return kind(**{name: unpacked(fields[name], item) for name, item in values.items()})


def _one_of(kinds: Sequence[Any], value: Any) -> Any:
    for kind in kinds[:-1]:
        try:
            return unpacked(kind, value)
        except (ValueError, TypeError):
            continue
    return unpacked(kinds[-1], value)


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise TypeError(f"{value!r} is not a list")


@cache
def _types(record: type) -> Mapping[str, Any]:
    hints = typing.get_type_hints(record)
    return {name: hints[name] for name in _names(record)}


@cache
def _names(record: Any) -> tuple[str, ...]:
    return getattr(record, "_fields", ()) or tuple(field.name for field in dataclasses.fields(record))


@cache
def _defaults(record: Any) -> Mapping[str, Any]:
    if hasattr(record, "_field_defaults"):
        defaults: Mapping[str, Any] = record._field_defaults
        return defaults
    fields = dataclasses.fields(record)
    made = {field.name: field.default_factory() for field in fields if field.default_factory is not dataclasses.MISSING}
    return {**made, **{field.name: field.default for field in fields if field.default is not dataclasses.MISSING}}
