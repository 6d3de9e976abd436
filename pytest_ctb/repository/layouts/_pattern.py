"""A layout that the ini file describes: a pattern of file names or a tool's name, and lines that say what differs.

docs/layouts.md lists the lines. The result is the same record that a module of this package makes for its tool.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Tool
from pytest_ctb.repository.layouts import Layout, by_path, text
from pytest_ctb.repository.layouts._sections import Sections

_ORDERS = {"number": r"\d+", "version": r"\d+(?:[._-]\d+)*", "date": r"\d{4}-\d{2}-\d{2}"}
_PLACEHOLDERS = {**_ORDERS, "name": r"[^/]+"}
_KEYS = ("down", "up", "transaction", "sends", "separator", "placeholder", "order", "exclude", "runs")
_TRANSACTION = re.compile(r"(file|all|none)(?:\s+unless\s+(\S.*))?")
_THE_TOOL = "the tool"
_NONE = "none"
"""As the value of `down:`: the tool takes nothing back."""


class _Settings(NamedTuple):
    """The lines below the first, by their keys."""

    option: str
    """The first line."""
    lines: Mapping[str, str]

    def refused(self, why: str) -> ConfigError:
        return ConfigError(f"--ctb-layout {self.option}: {why}")

    def choice(self, key: str, *choices: str) -> str:
        value = self.lines.get(key, "")
        if value and value not in choices:
            raise self.refused(f"{key}: {value!r} is not one of {', '.join(choices)}")
        return value


def described(option: str, named: Mapping[str, Layout]) -> Layout:
    """The layout of a text: a name of `named`, a pattern, or two (of migrations and of rollback files); then lines.

    Raises ConfigError where the text is wrong.
    """
    first, *others = [line.strip() for line in option.strip().splitlines() if line.strip()]
    settings = _Settings(first, _by_key(first, others))
    base = named.get(first) or _of_pattern(first, settings)
    return _changed(base, settings)


def _by_key(first: str, others: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for line in others:
        key, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or key not in _KEYS:
            raise ConfigError(
                f"--ctb-layout {first}: {line!r} does not begin with one of {', '.join(_KEYS)} and a colon"
            )
        if not value or (key in values and key != "exclude"):
            raise ConfigError(f"--ctb-layout {first}: {key}: {'a second one' if value else 'nothing follows it'}")
        values[key] = f"{values.get(key, '')} {value}".strip()
    return values


def _of_pattern(first: str, settings: _Settings) -> Layout:
    up, *downs = first.split()
    if len(downs) > 1:
        raise settings.refused("one pattern for what goes up, one for what takes it back, no more")
    if downs and "down" in settings.lines:
        raise settings.refused("two patterns for what takes it back")
    migrations = _expression(up, settings)
    return _with_down(
        Layout(
            name=first,
            source="`psql -v ON_ERROR_STOP=1 -f`, file by file",
            tool=Tool(file_name_form=up),
            migration_names=migrations,
            sort_key=by_path,
        ),
        downs[0] if downs else "",
        settings,
    )


def _with_down(layout: Layout, pattern: str, settings: _Settings) -> Layout:
    if not pattern:
        return layout
    tool = layout.tool._replace(rollback_place=f"{pattern} beside the file")
    return layout._replace(rollback_names=_expression(pattern, settings), tool=tool)


def _changed(layout: Layout, settings: _Settings) -> Layout:
    """The layout with what the lines say."""
    lines = settings.lines
    down = lines.get("down", "")
    layout = _with_promises(layout, settings)
    if down == _NONE:
        down = ""
    if "{" in down:
        layout, down = _with_down(layout, down, settings), ""
    if down:
        layout = layout._replace(tool=layout.tool._replace(rollback_place=f"part behind `{down}`"))
    layout, off = _with_transaction(layout, settings)
    if "separator" in lines and lines.get("sends") == "psql":
        raise settings.refused("psql cuts no file at a separator: sends: file, or statements")
    if down or off or lines.keys() & {"up", "separator"}:
        if down or lines.keys() & {"up", "separator"}:
            layout = _sent_by_a_driver(layout, settings)
        if layout.split is not None and not isinstance(layout.split, Sections):
            raise settings.refused("parts its files in its own way: no line for up, down, separator or unless")
        layout = _with_sections(layout, lines.get("up", ""), down, off, lines.get("separator", ""))
    if placeholder := lines.get("placeholder"):
        layout = layout._replace(tool=layout.tool._replace(placeholder=_placeholder(placeholder, settings)))
    if order := settings.choice("order", "number", "text"):
        layout = layout._replace(sort_key=text if order == "text" else by_path)
    excluded = "|".join(fnmatch.translate(glob) for glob in lines.get("exclude", "").split())
    return layout._replace(excluded_names=excluded)


def _with_promises(layout: Layout, settings: _Settings) -> Layout:
    """The layout with what its tool guarantees: that no file runs twice, that nothing is taken back."""
    tool = layout.tool
    if runs := settings.choice("runs", "once", "again"):
        tool = tool._replace(runs_once=runs == "once")
    if settings.lines.get("down") == _NONE:
        tool = tool._replace(rolls_back=False)
    return layout._replace(tool=tool)


def _with_transaction(layout: Layout, settings: _Settings) -> tuple[Layout, str]:
    """The layout, sent and enclosed as the lines say; and the line that switches the transaction off."""
    value = settings.lines.get("transaction", "")
    match = _TRANSACTION.fullmatch(value)
    if value and (not match or (match[1] == "none" and match[2])):
        raise settings.refused(
            f"transaction: {value!r} is not one of file, all, none, or `file unless` and a line of the file"
        )
    sends = settings.choice("sends", "psql", "file", "statements")
    tool = layout.tool
    if match:
        tool = tool._replace(
            adds_transaction=match[1] != "none", transaction_off_switch=f"`{match[2]}`" if match[2] else ""
        )
    if sends:
        tool = tool._replace(sends_whole_file=sends == "file", sends_copy_rows=sends == "psql")
    if sends in {"file", "statements"} and tool.is_psql:
        tool = tool._replace(name=_THE_TOOL)
    return layout._replace(tool=tool), (match[2] or "") if match else ""


def _sent_by_a_driver(layout: Layout, settings: _Settings) -> Layout:
    """The layout of files that psql itself could not part: what parts them sends each piece of SQL in one go."""
    if not layout.tool.is_psql or "sends" in settings.lines:
        return layout
    return layout._replace(tool=layout.tool._replace(name=_THE_TOOL, sends_whole_file=True, sends_copy_rows=False))


def _with_sections(layout: Layout, up: str, down: str, off: str, separator: str) -> Layout:
    """The layout whose files are parted by lines and separators."""
    before = layout.split if isinstance(layout.split, Sections) else Sections(layout.tool.name)
    split = replace(
        before,
        up=_line(up) or before.up,
        down=_line(down) or before.down,
        off=_line(off) or before.off,
        separator=_separator(separator) or before.separator,
    )
    return layout._replace(split=split)


def _line(text_: str) -> str:
    """A line that begins with a text; the width of its white space does not count."""
    words = r"[ \t]+".join(map(re.escape, text_.split()))
    return rf"^[ \t]*{words}[^\r\n]*" if words else ""


def _separator(text_: str) -> str:
    """A comment anywhere; another text alone on its line."""
    escaped = re.escape(text_)
    return escaped if text_.startswith("--") or not text_ else rf"^[ \t]*{escaped}[ \t]*;?[ \t]*\r?$"


def _placeholder(form: str, settings: _Settings) -> str:
    """The expression of a form such as `__{name}__`, with the name as its group."""
    before, name, after = form.partition("{name}")
    if not name or not (before + after).strip():
        raise settings.refused(f"placeholder: {form!r} has to hold {{name}}, and what surrounds it: __{{name}}__")
    inside = r"([A-Za-z_]\w*?)" if after else r"([A-Za-z_]\w*)"
    apart = r"(?<![:\w])" if before.startswith(":") else ""
    return f"{apart}{re.escape(before)}{inside}{re.escape(after)}"


def _expression(pattern: str, settings: _Settings) -> str:
    """The regular expression of a pattern; what gives the order, from the first to the last, is its group."""
    parts = re.split(r"\{(\w*)\}", pattern)
    names = parts[1::2]
    unknown = [name for name in names if name not in _PLACEHOLDERS]
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in _PLACEHOLDERS)
        raise settings.refused(f"{{{unknown[0]}}} is not known (known: {known})")
    places = [2 * number + 1 for number, name in enumerate(names) if name in _ORDERS]
    if not places:
        raise settings.refused(f"{pattern} needs one of {{number}}, {{version}} or {{date}}, to order by")
    written = [_PLACEHOLDERS[part] if place % 2 else re.escape(part) for place, part in enumerate(parts)]
    first, last = places[0], places[-1]
    version = "".join(written[first : last + 1])
    return f"(?:.*/)?{''.join(written[:first])}(?P<version>{version}){''.join(written[last + 1 :])}"
