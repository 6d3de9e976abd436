"""Read YAML files into Guidelines. A typo in a file is an error with file and line; no guideline is left out."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_ctb.checks.online._tables import Large
from pytest_ctb.config.packaged import packaged, packaged_ids
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide.document import Document, DocumentError, described, record
from pytest_ctb.guide.profiles import collect
from pytest_ctb.model import Cause, Guideline, Level, Source
from pytest_ctb.model.misspelt import did_you_mean, nearest
from pytest_ctb.sql import all_kinds, parse, pattern

__all__ = ["load", "packaged"]

_KEYS: Mapping[str, Any] = {
    "code": str,
    "title": str,
    "level": str,
    "what": str,
    "why": str,
    "instead": str,
    "source": str,
    "causes": dict,
    "options": dict,
    "examples": dict,
    "query": str,
    "forbid": list,
    "observe": str,
    "message": str,
    "owner": str,
}
_CAUSE_KEYS = ("level", "why", "instead")
_REQUIRED = ("code", "title", "what", "why", "source")
_CODE = re.compile(r"[A-Z]{2}[0-9]{2}")


def load(root: Path, source: Path, options_of: Mapping[str, type], under: Path | None = None) -> tuple[Guideline, ...]:
    """Read every guideline of a folder or a profile, sorted by code; those of level `off` too.

    `under`: the profile that a folder without `_profile.yml` adds to.
    `options_of` maps the id of each check to the dataclass of its options. Raises ConfigError, with file and line,
    where a file is no valid guideline, names a check that does not exist, or takes a code that is taken.
    """
    codes: dict[str, Document] = {}
    guidelines: list[Guideline] = []
    ids = set(packaged_ids())
    errors: list[DocumentError] = []
    for document in collect(root, source, under):
        problems = list(_problems(document))
        if not problems:
            try:
                guideline = replace(_guideline(document, options_of), documented=document.name in ids)
            except DocumentError as error:
                problems = [error]
            else:
                guidelines.append(guideline)
                first = codes.setdefault(guideline.code, document)
                if first is not document:
                    path, line = first.places["code"]
                    problems = [document.bad("code", f"the code {guideline.code} is taken by {path}:{line}")]
        errors += problems
    if errors:
        raise ConfigError("\n".join(map(str, errors)))
    return tuple(sorted(guidelines, key=lambda guideline: guideline.code))


def _problems(document: Document) -> Iterator[DocumentError]:
    """Every key of a guideline that is unknown, missing, or of another type: all of them at once."""
    values = document.value
    if not isinstance(values, dict):
        yield document.bad("", "a guideline is a mapping of keys to values (code, title, what, why, …)")
        return
    misspelt = set()
    for key, value in values.items():
        if key not in _KEYS:
            misspelt.add(nearest(key, _KEYS))
            hint = did_you_mean(key, _KEYS) or f"; a guideline has {', '.join(_KEYS)}"
            yield document.bad(str(key), f"unknown key {key!r}{hint}")
        elif not isinstance(value, _KEYS[key]):
            yield document.bad(key, f"{key!r} must be {described(_KEYS[key])}, not {value!r}")
        elif key == "code" and value and not _CODE.fullmatch(value):
            yield document.bad("code", f"the code {value!r} is not two capitals and two digits, as CT01")
        elif key == "level" and value not in [*Level]:
            yield _no_level(document, key, value)
        elif key == "forbid":
            yield from _forbid_problems(document)
    for key in _REQUIRED:
        if not values.get(key) and key not in misspelt:
            yield document.bad("", f"the key {key!r} is missing")


def _guideline(document: Document, options_of: Mapping[str, type]) -> Guideline:
    values = document.value
    level = _level(document, "level", values.get("level", Level.ERROR))
    options = _options(document, options_of)
    return Guideline(
        id=document.name,
        code=values["code"],
        title=values["title"].strip(),
        level=level,
        what=values["what"].strip(),
        why=values["why"].strip(),
        instead=values.get("instead", "").rstrip(),
        source=values["source"].strip(),
        options=record(document, "options", values.get("options", {}), options),
        query=values.get("query", "").rstrip(),
        forbid=tuple(values.get("forbid", ())),
        observe=values.get("observe", "").rstrip(),
        message=values.get("message", "").strip(),
        owner=" ".join(values.get("owner", "").split()),
        causes=_causes(document),
        path=document.path,
        lines=types.MappingProxyType(
            {key: line for key, (path, line) in document.places.items() if path == document.path}
        ),
        examples=_examples(document),
    )


def _level(document: Document, key: str, value: str) -> Level:
    try:
        return Level(value)
    except ValueError:
        raise _no_level(document, key, value) from None


def _no_level(document: Document, key: str, value: str) -> DocumentError:
    return document.bad(key, f"level {value!r} is not one of {', '.join(Level)}")


def _causes(document: Document) -> Mapping[str, Cause]:
    causes: dict[str, Cause] = {}
    for name, values in document.value.get("causes", {}).items():
        key = f"causes.{name}"
        if not isinstance(values, dict):
            raise document.bad(key, f"{key!r} must be a mapping, not {values!r}")
        for part, value in values.items():
            if part not in _CAUSE_KEYS:
                hint = did_you_mean(part, _CAUSE_KEYS) or f"; a cause has {', '.join(_CAUSE_KEYS)}"
                raise document.bad(f"{key}.{part}", f"unknown key {part!r}{hint}")
            if not isinstance(value, str):
                raise document.bad(f"{key}.{part}", f"'{key}.{part}' must be text, not {value!r}")
        if not values.get("why"):
            raise document.bad(key, f"the key 'why' is missing in {key!r}")
        level = _level(document, f"{key}.level", values["level"]) if "level" in values else None
        causes[name] = Cause(values["why"].strip(), values.get("instead", "").rstrip(), level)
    return types.MappingProxyType(causes)


def _options(document: Document, options_of: Mapping[str, type]) -> type:
    """The dataclass of a guideline's options: that of its check, or of what stands in the place of one."""
    values = document.value
    declared = [key for key in ("query", "observe", "forbid") if key in values]
    if not declared:
        if "message" in values:
            raise document.bad("message", "'message' goes with 'query', 'observe' or 'forbid'")
        if document.name not in options_of:
            known = ", ".join(sorted(options_of))
            raise document.bad(
                "",
                f"no check is named {document.name!r}, as this file is, and it has none of 'query', 'observe' and "
                f"'forbid'; "
                f"the checks are: {known}",
            )
        return options_of[document.name]
    if len(declared) > 1:
        raise document.bad(declared[-1], "a guideline has one of 'query', 'observe' and 'forbid'")
    if document.name in options_of:
        raise document.bad(declared[0], f"the guideline {document.name!r} has a check: name this file otherwise")
    if "observe" in values:
        _observe(document)
        return Large
    if "query" in values:
        _query(document)
    return _NoOptions


def _observe(document: Document) -> None:
    from pytest_ctb.guide.observe import check_query  # noqa: PLC0415  # with SQLite; few guidelines have a query

    _message(document)
    if why := check_query(document.value["observe"]):
        raise document.bad("observe", f"the query cannot be read: {why}")


def _message(document: Document) -> None:
    if not document.value.get("message", "").strip():
        raise document.bad("", "the key 'message' is missing: what a row means, with its columns in braces")


def _query(document: Document) -> None:
    _message(document)
    statements, _ = parse(Source(document.value["query"]))
    problem = next((statement.problem for statement in statements if statement.problem), None)
    if problem:
        raise document.bad("query", f"the query cannot be read: {problem.message}")
    if [statement.tag for statement in statements] != ["SELECT"]:
        raise document.bad("query", "a query is one SELECT")


def _forbid_problems(document: Document) -> Iterator[DocumentError]:
    """Each entry of `forbid` that is no kind of statement."""
    kinds = document.value["forbid"]
    if not kinds:
        yield document.bad("forbid", "'forbid' must name a kind of statement")
    for index, words in enumerate(kinds):
        known = all_kinds()
        if not isinstance(words, str) or not words.strip():
            message = f"an entry of 'forbid' is a kind of statement, as DROP TABLE; not {words!r}"
            yield document.bad(f"forbid.{index}", message)
        elif not any(pattern(words).match(kind) for kind in known):
            yield document.bad(f"forbid.{index}", f"no kind of statement is {words!r}{did_you_mean(words, known)}")


@dataclass(frozen=True)
class _NoOptions:
    """No options."""


def _examples(document: Document) -> Mapping[str, tuple[Mapping[str, str], ...]]:
    examples: dict[str, tuple[Mapping[str, str], ...]] = {}
    for outcome, entries in document.value.get("examples", {}).items():
        key = f"examples.{outcome}"
        if outcome not in {"pass", "fail"} or not isinstance(entries, list):
            raise document.bad(key, "examples has two lists, 'pass' and 'fail'")
        for index, entry in enumerate(entries):
            if not isinstance(entry, str) and not (
                isinstance(entry, dict) and all(isinstance(part, str) for pair in entry.items() for part in pair)
            ):
                raise document.bad(f"{key}.{index}", "an example is SQL, or a mapping of file names to SQL")
        examples[outcome] = tuple({"": entry} if isinstance(entry, str) else entry for entry in entries)
    return types.MappingProxyType(examples)
