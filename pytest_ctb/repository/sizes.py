"""Read and write `sizes.json`: the rows and bytes of the tables in production."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_ctb.errors import ConfigError
from pytest_ctb.model.sizes import Sizes, TableSize
from pytest_ctb.repository.files import read_text
from pytest_ctb.repository.paths import relative

DEFAULT = "sizes.json"


def find_sizes(root: Path, path: Path, *, named: bool) -> Sizes | None:
    """The sizes in a file; None where it is missing and was not configured (`named`).

    Raises ConfigError where it is no file of sizes, or a configured file is missing.
    """
    if not path.exists():
        if named:
            raise ConfigError(f"sizes file not found: {path} (ctb sizes writes it)")
        return None
    return read_sizes(root, path)


def read_sizes(root: Path, path: Path) -> Sizes:
    """The sizes in a file. Raises ConfigError, with its path, where it is none."""
    name = relative(root, path)
    try:
        document = json.loads(read_text(path, root))
    except json.JSONDecodeError as error:
        raise ConfigError(f"{name}:{error.lineno}: not valid JSON: {error.msg}") from error
    except (OSError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{name}: cannot be read: {error}") from error
    if not isinstance(document, dict) or document.get("version") != 1 or not isinstance(document.get("tables"), dict):
        raise ConfigError(f'{name}:1: not a file of sizes: it starts with {{"version": 1, "date": … (ctb sizes)')
    try:
        date = datetime.date.fromisoformat(str(document.get("date")))
    except ValueError:
        raise ConfigError(f"{name}:1: 'date' must be a day as 2026-11-30, not {document.get('date')!r}") from None
    return Sizes(name, date, {table: _size(name, table, values) for table, values in document["tables"].items()})


def _size(name: str, table: str, values: Any) -> TableSize:
    numbers = [values.get(key) for key in TableSize._fields] if isinstance(values, dict) else []
    rows, size = numbers or (None, None)
    if type(rows) is not int or type(size) is not int or min(rows, size) < 0:
        raise ConfigError(f'{name}: the size of {table} is not {{"rows": a number, "bytes": a number}}: {values!r}')
    return TableSize(rows, size)


def dump(date: datetime.date, tables: Mapping[str, TableSize]) -> str:
    """The text of a file of sizes: a line for each table, so that a diff shows which has grown."""
    lines = [f"    {json.dumps(name)}: {json.dumps(size._asdict())}" for name, size in sorted(tables.items())]
    rows = ",\n".join(lines)
    return f'{{\n  "version": 1,\n  "date": "{date}",\n  "tables": {{\n{rows}\n  }}\n}}\n'
