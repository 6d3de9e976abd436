"""Stand-ins for extensions that a server lacks, in plain SQL: a folder each, in the layout that Postgres wants.

From 18 on a server takes extensions from other folders than its own as well (`extension_control_path`); each path there
has a subfolder `extension`: https://www.postgresql.org/docs/18/runtime-config-client.html#GUC-EXTENSION-CONTROL-PATH
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = frozenset(folder.name for folder in FOLDER.iterdir() if (folder / "extension").is_dir())
SINCE = 18
"""The first major version that has the setting; one before it gets them into a copy of its programs."""


def files(names: Iterable[str]) -> Iterator[Path]:
    """The files of these stand-ins."""
    for name in names:
        yield from sorted((FOLDER / name / "extension").iterdir())
