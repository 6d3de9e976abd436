"""Processes that have to obey permissions, also where the tests run as root, as they do in a container of CI."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path

_DROP = 24
"""PR_CAPBSET_DROP of prctl(2)."""
_PASSING_BY = (1, 2)
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH of capabilities(7)."""


def obey() -> None:
    """For `preexec_fn`: what root runs from here on may write and read only what the permissions say."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        for one in _PASSING_BY:
            if libc.prctl(_DROP, one, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "prctl")


def run(folder: Path, *arguments: str, obeys: bool = True, **more: str) -> subprocess.CompletedProcess[str]:
    """`python -m …` in a folder, by somebody who has to obey permissions; as root such a one can start no server."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, **more},
        preexec_fn=obey if obeys else None,
        check=False,
    )
