"""Extensions in plain SQL, for servers of ours that lack the real ones: a folder each, laid out as Postgres wants it.

From 18 on a server takes extensions from other folders than its own as well (`extension_control_path`); each path there
has a subfolder `extension`: https://www.postgresql.org/docs/18/runtime-config-client.html#GUC-EXTENSION-CONTROL-PATH
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parent
NAMES = frozenset(one.name for one in FOLDER.iterdir() if (one / "extension").is_dir())
SINCE = 18
"""The first major version that has the setting."""
