"""Tests marked `docker`, `contrib`, `editor`, `browser`, `graphviz`, `pooler`, `node`, `tools`, `shells` or `anybody`, where there is none: they do not run, and the run says so.

With PYTEST_CTB_NEED_ALL set they run all the same, and fail: CI sets it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

_left_out = pytest.StashKey[dict[str, str]]()
ALE = Path("/usr/share/vim-ale")
NODE_TOOLS = Path(__file__).parent.parent / ".venv" / "node"
VSCODE = Path(__file__).parent.parent / "editors" / "vscode"
AXE = NODE_TOOLS / "node_modules" / "axe-core" / "axe.min.js"
"""https://github.com/dequelabs/axe-core, MPL-2.0: looks in a page for what shuts people out."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out what cannot run."""
    config.stash[_left_out] = {}
    for marker in WHY_NOT:
        needing = [item for item in items if item.get_closest_marker(marker)]
        why = why_not(marker) if needing else ""
        if why:
            config.hook.pytest_deselected(items=needing)
            items[:] = [item for item in items if item not in needing]
            config.stash[_left_out][marker] = why


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what did not run, and why. Under xdist only the workers collect: there it is said of every run."""
    left_out = config.stash.get(_left_out, {})
    if config.getoption("numprocesses", None):
        left_out = {marker: why for marker in WHY_NOT if (why := why_not(marker))}
    for marker, why in left_out.items():
        terminalreporter.write_line(f"the {marker} tests did not run: {why}", yellow=True)


def why_not(marker: str) -> str:
    """Why tests of this marker cannot run here; empty where they can, or have to."""
    return "" if os.environ.get("PYTEST_CTB_NEED_ALL") else WHY_NOT[marker]()


def _no_docker() -> str:
    from pytest_ctb.postgres import Refusal, Wanted, docker  # only where it is asked for

    answer = docker.look(Wanted("docker"))
    return answer.reason if isinstance(answer, Refusal) else ""


def _no_editor() -> str:
    for program, package in (("vim", "vim vim-ale"), ("nvim", "neovim")):
        if not shutil.which(program):
            return f"there is no {program} (Debian: apt-get install {package})"
    return "" if ALE.is_dir() else f"there is no ALE in {ALE} (Debian: apt-get install vim-ale)"


def _no_contrib() -> str:
    from pytest_ctb.postgres import Refusal, Wanted, local  # only where it is asked for

    answer = local.look(Wanted("local", extensions=frozenset({"pgcrypto", "uuid-ossp"}), stand_ins=False))
    if isinstance(answer, Refusal):
        return answer.reason
    return answer.why_not().reason if answer.lacks else ""


def chromium() -> str:
    """The path of a Chromium; empty where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome") or ""


def _no_browser() -> str:
    return "" if chromium() else "there is no chromium (Debian: apt-get install chromium)"


def _no_graphviz() -> str:
    return "" if shutil.which("dot") else "there is no dot (Debian: apt-get install graphviz)"


def pgbouncer() -> str:
    """The path of PgBouncer; empty where there is none. Debian puts it where only root looks."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


def _no_pooler() -> str:
    return "" if pgbouncer() else "there is no pgbouncer (Debian: apt-get install pgbouncer)"


def _no_node() -> str:
    if not shutil.which("node"):
        return "there is no node (Debian: apt-get install npm)"
    installed = AXE.is_file() and (VSCODE / "node_modules").is_dir()
    return "" if installed else "its tools are not installed (make .venv/node/installed)"


def _no_tools() -> str:
    lacks = [name for name in ("sqitch", "sql-migrate") if not shutil.which(name)]
    return f"there is no {lacks[0]} (Debian: apt-get install sqitch libdbd-pg-perl sql-migrate)" if lacks else ""


def _no_shells() -> str:
    lacks = [name for name in ("bash", "zsh", "fish") if not shutil.which(name)]
    return f"there is no {lacks[0]} (Debian: apt-get install bash zsh fish)" if lacks else ""


def _no_becoming() -> str:
    if not shutil.which("setpriv"):
        return "there is no setpriv (Debian: apt-get install util-linux)"
    may = os.geteuid() == 0 or subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0
    return "" if may else "only root can become any user"


WHY_NOT = {
    "docker": _no_docker,
    "contrib": _no_contrib,
    "editor": _no_editor,
    "browser": _no_browser,
    "graphviz": _no_graphviz,
    "pooler": _no_pooler,
    "node": _no_node,
    "tools": _no_tools,
    "shells": _no_shells,
    "anybody": _no_becoming,
}
