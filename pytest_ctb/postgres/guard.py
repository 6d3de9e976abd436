"""The process between pytest and what it started: it cleans up, however pytest ends.

Run as a script of its own, so that a `kill -9` of pytest does not reach it. It reads one line of JSON, the plan, does
what the plan says, and waits for the end of its standard input, which comes when pytest closes it or dies. The way out
is always the same, so it is tried by every run. Imports the standard library alone, unless the plan names a module.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import importlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Carry out the plan, wait, clean up."""
    # The end of a terminal or of a job is not the end of this process: it comes when pytest has gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    parent = os.getppid()
    plan = json.loads(sys.stdin.readline())
    if "module" in plan:
        sys.path[:] = plan["path"]
        module = importlib.import_module(plan["module"])
        say("started")
        try:
            wait(parent)
        finally:
            module.clean(**plan["arguments"])
        return
    directory = Path(plan["directory"])
    server = None
    try:
        claim(directory)
        _prepare(directory, plan)
        server = _serve(directory, plan)
        if server is not None:
            wait(parent)
    except (OSError, subprocess.SubprocessError) as error:
        _fail(str(error))  # a full disk, say, or a container that lets nobody become another user
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(directory, ignore_errors=True)


def claim(directory: Path) -> int:
    """Make a folder that is locked for as long as this process lives, and before anybody else can find it."""
    hidden = directory.with_name(f".{directory.name}")
    hidden.mkdir(mode=0o700)
    lock = os.open(hidden, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    hidden.rename(directory)
    return lock


def say(word: str) -> None:
    """Tell pytest, if it is still there."""
    with contextlib.suppress(OSError):
        sys.stdout.write(word + "\n")
        sys.stdout.flush()


def wait(parent: int) -> None:
    """Return when standard input ends, or when the parent has gone while some child of it holds the pipe open."""
    while os.getppid() == parent:
        readable, _, _ = select.select([sys.stdin], [], [], 1.0)
        if readable and not sys.stdin.read(1):
            return


def _prepare(directory: Path, plan: dict[str, Any]) -> None:
    for source, target in plan["copies"]:
        shutil.copytree(source, directory / target, symlinks=True)
        _open_to_all(directory / target)
    secret = Path(plan["secret"])
    secret.touch(mode=0o600)
    secret.write_text(plan["password"])
    if plan["uid"] is not None:
        os.chown(directory, plan["uid"], plan["gid"])
        os.chown(secret, plan["uid"], plan["gid"])


def _open_to_all(top: Path) -> None:
    for folder, _, names in os.walk(top):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o444 | (0o111 if path.stat().st_mode & 0o100 else 0))


def _serve(directory: Path, plan: dict[str, Any]) -> subprocess.Popen[bytes] | None:
    """Make the data directory and start the server in it; tells pytest `started`, or `failed`."""
    log = directory / "log"
    as_user: dict[str, Any] = {}
    if plan["uid"] is not None:
        as_user = {"user": plan["uid"], "group": plan["gid"], "extra_groups": []}
    with log.open("ab") as out:
        common: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out, "cwd": directory}
        made = subprocess.run(plan["init"], check=False, env=plan["env"], **common, **as_user)
        if made.returncode != 0:
            _fail(_end_of(log))
            return None
        server = subprocess.Popen(plan["serve"], env=plan["env"], preexec_fn=_die_with_parent, **common, **as_user)  # noqa: PLW1509  # no thread runs yet
    say("started")
    threading.Thread(target=_tell_end, args=(server, log), daemon=True).start()
    return server


def _fail(why: str) -> None:
    say("failed " + json.dumps(why))


def _end_of(log: Path) -> str:
    return log.read_text(errors="replace")[-4000:]


def _tell_end(server: subprocess.Popen[bytes], log: Path) -> None:
    server.wait()
    with contextlib.suppress(OSError):
        _fail(_end_of(log))


def _die_with_parent() -> None:
    """Should this process itself be killed, the kernel stops the server (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)


def _stop(server: subprocess.Popen[bytes]) -> None:
    """Immediate shutdown: there is nothing to save."""
    for number in (signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is not None:
            return
        server.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(timeout=10)


if __name__ == "__main__":
    main()
