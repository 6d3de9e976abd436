"""The process between pytest and what it started: it cleans up, however pytest ends.

Run as a script of its own, so that a `kill -9` of pytest does not reach it. It reads one line of JSON, the plan, does
what the plan says, and waits for the end of its standard input, which comes when pytest closes it or dies. The way out
is always the same, so it is tried by every run. Imports the standard library alone, unless the plan names a module; and
of that at the start only what the server's start needs, for which a test waits.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import select
import signal
import stat
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing itself takes 5 ms
    from collections.abc import Iterator
    from typing import Any

_PR_SET_PDEATHSIG, _IPC_RMID, _CLONE_NEWUSER = 1, 0, 0x10000000
_CHUNK = 1 << 20
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_UNUSED = 30 * 86400.0  # seconds without a run, after which a data directory is swept out of the cache
_MOST = {"initdb-": 6, "replayed-": 0}
"""Of so many only the latest are kept, each of 40 MB. Earlier versions kept those that migrations had been run in."""
_LARGEST = 1 << 30
"""A data directory of more bytes is not kept."""


def main() -> None:
    """Carry out the plan, wait, clean up."""
    # The end of a terminal or of a job is not the end of this process: it comes when pytest has gone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.umask(0o077)  # not that of whoever runs pytest, which may take everything from everybody
    parent = os.getppid()
    plan = json.loads(sys.stdin.readline())
    if "module" in plan:
        import importlib  # noqa: PLC0415

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
    except Exception as error:  # noqa: BLE001  # a full disk, say, or a limit on processes: pytest tells it
        _fail(f"{end_of(directory / 'log')}{error}")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # it is under way
        if server is not None:
            _stop(server)
        clear(directory)


def claim(directory: Path) -> int:
    """Make a folder that is locked for as long as this process lives, or until it closes what is returned."""
    while True:
        directory.mkdir(mode=0o700)
        # Before it is locked, whoever sweeps may take it away.
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(directory, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                if os.fstat(lock).st_ino == directory.stat().st_ino:
                    return lock
            os.close(lock)


def say(word: str) -> None:
    """Tell pytest, if it is still there."""
    with contextlib.suppress(OSError):
        sys.stdout.write(word + "\n")
        sys.stdout.flush()


def wait(parent: int) -> None:
    """Return when standard input ends, or when the parent has gone while some child of it holds the pipe open."""
    while os.getppid() == parent:
        readable, _, _ = select.select([sys.stdin], [], [], 1.0)
        if readable and not sys.stdin.readline():
            return


def _prepare(directory: Path, plan: dict[str, Any]) -> None:
    for source, target in plan["copies"]:
        for above in reversed(Path(target).parents[:-1]):
            (directory / above).mkdir(exist_ok=True)
            (directory / above).chmod(0o755)
        if os.path.isdir(source):  # noqa: PTH112
            copy(source, str(directory / target))
        else:
            _copy_file(source, str(directory / target))
    secret = Path(plan["secret"])
    secret.write_text(plan["password"])
    if plan["uid"] is not None:
        os.chown(directory, plan["uid"], plan["gid"])
        os.chown(secret, plan["uid"], plan["gid"])


def copy(source: str, target: str) -> None:
    """Copy a folder with all that is in it, for all to read and to run; half as much work as `shutil.copytree` is."""
    os.mkdir(target, 0o700)  # noqa: PTH102  # a thousand files
    os.chmod(target, 0o755)  # noqa: PTH101, S103
    with os.scandir(source) as found:
        entries = list(found)
    for entry in entries:
        name = f"{target}/{entry.name}"
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), name)  # noqa: PTH115, PTH211
        elif entry.is_dir():
            copy(entry.path, name)
        else:
            _copy_file(entry.path, name)


def _copy_file(source: str, target: str) -> None:
    with _opened(source, os.O_RDONLY) as read, _opened(target, _NEW) as written:
        about = os.fstat(read)
        os.fchmod(written, 0o755 if about.st_mode & 0o100 else 0o644)
        _pour(read, written, about.st_size)


def pack(folder: Path, packed: Path) -> None:
    """Write a folder into one file: the length of an index, the index as JSON, and what is in its files.

    To make as many files on a disk takes five times as long. Raises OSError where there is anything but files and
    folders in it, or too much.
    """
    folders, files = [], []
    for at, below, names in os.walk(folder):
        inside = at[len(str(folder)) :]
        folders.append(inside)
        if any(os.path.islink(f"{at}/{one}") for one in below):  # noqa: PTH114
            raise OSError(f"{at} leads out of it")
        for name in names:
            about = os.lstat(f"{at}/{name}")
            if not stat.S_ISREG(about.st_mode):
                raise OSError(f"{at}/{name} is no file")
            files.append((f"{inside}/{name}", about.st_size))
    if sum(size for _, size in files) > _LARGEST:
        raise OSError(f"{folder} is too large")
    index = json.dumps((folders, files)).encode()
    with _opened(str(packed), _NEW) as written:
        _write(written, b"%10d%s" % (len(index), index))
        for name, size in files:
            if size:
                with _opened(f"{folder}{name}", os.O_RDONLY) as read:
                    _pour(read, written, size)


def unpack(packed: Path, folder: Path, uid: int = -1, gid: int = -1) -> None:
    """Make the folder that `pack` has written, for one user and nobody else.

    Raises OSError and ValueError where it is not whole.
    """
    with _opened(str(packed), os.O_RDONLY) as read:
        folders, files = json.loads(os.read(read, int(os.read(read, 10))))
        for one in folders:
            os.mkdir(f"{folder}{one}", 0o700)  # noqa: PTH102
            if uid != -1:
                os.chown(f"{folder}{one}", uid, gid)
        for name, size in files:
            with _opened(f"{folder}{name}", _NEW) as written:
                if uid != -1:
                    os.fchown(written, uid, gid)
                _pour(read, written, size)


@contextlib.contextmanager
def _opened(name: str, how: int) -> Iterator[int]:
    number = os.open(name, how, 0o600)
    try:
        yield number
    finally:
        os.close(number)


def _pour(read: int, written: int, size: int) -> None:
    while size:
        chunk = os.read(read, min(size, _CHUNK))
        if not chunk:
            raise OSError("a file ends too soon")
        size -= len(chunk)
        _write(written, chunk)


def _write(written: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(written, rest) :]


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, or what of it can be removed."""
    import shutil  # noqa: PLC0415  # takes 5 ms, which the end of a run has

    shutil.rmtree(folder, ignore_errors=True)


def clear(directory: Path) -> None:
    """Remove the folder of a server that is not wanted any more: first whatever of that server is still there."""
    ended: set[str] = set()
    while found := _end_those_in(directory):
        ended |= found
        time.sleep(0.01)
    with contextlib.suppress(OSError):  # the file is there unless the server ended in order
        ended.add((directory / "data" / "postmaster.pid").read_text().partition("\n")[0])
    _free_shared_memory(ended)
    remove(directory)


def _end_those_in(directory: Path) -> set[str]:
    """Kill a server's processes, which live in its folder, busy ones too; their numbers, if there were any (Linux)."""
    found = set()
    for one in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            inside = (one / "cwd").readlink().is_relative_to(directory)
            if inside and (one / "exe").readlink().name.partition(" ")[0] in {"postgres", "initdb"}:
                os.kill(int(one.name), signal.SIGKILL)
                found.add(one.name)
    return found


def _free_shared_memory(made_by: set[str]) -> None:
    """Remove the segments of killed postmasters (Linux: sysvipc(7)), also while one of them is still on its way out."""
    for table in Path("/proc/sysvipc").glob("shm"):
        for row in table.read_text().splitlines()[1:]:
            _, number, _, _, creator, _, attached, *_ = row.split()
            if creator in made_by and (attached == "0" or not os.path.exists(f"/proc/{creator}/exe")):  # noqa: PTH110
                ctypes.CDLL(None).shmctl(int(number), _IPC_RMID, None)


def _serve(directory: Path, plan: dict[str, Any]) -> subprocess.Popen[bytes] | None:
    """Make the data directory and start the server in it; tells pytest `started`, or `failed`."""
    log = directory / "log"
    as_user: dict[str, Any] = {}
    if plan["uid"] is not None:
        as_user = {"user": plan["uid"], "group": plan["gid"], "extra_groups": []}
    with log.open("ab") as out:
        common: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out, "cwd": directory}
        common |= {"env": plan["env"], "preexec_fn": partial(_die_with, os.getpid()), **as_user}  # no thread runs yet
        half = None
        if not restore(directory, plan):
            lent = _lent(directory, plan) if plan["lent"] else {}
            made = subprocess.run(plan["init"], check=False, **{**common, **lent})
            if made.returncode != 0:
                _fail(end_of(log) + ("\n" + plan["lent"]["remedy"] if lent else ""))
                return None
            half = keep(directory, plan, Path(plan["prepared"])) if plan["prepared"] else None
        server = subprocess.Popen(plan["serve"], **common)
    say("started")
    threading.Thread(target=_tell_end, args=(server, log), daemon=True).start()
    if half is not None:  # the run does not wait for the disk; its end does
        threading.Thread(target=_publish, args=(*half, Path(plan["prepared"]))).start()
    return server


def _lent(directory: Path, plan: dict[str, Any]) -> dict[str, Any]:
    """How to run initdb for a user who has no name (see nameless.py)."""
    name = plan["lent"]
    if name["library"] is None:
        return {"preexec_fn": lambda: _pass_for(name["uid"])}
    files = {"NSS_WRAPPER_PASSWD": directory / "passwd", "NSS_WRAPPER_GROUP": directory / "group"}
    files["NSS_WRAPPER_PASSWD"].write_text(name["entry"] + "\n")
    files["NSS_WRAPPER_GROUP"].touch()
    return {"env": {**plan["env"], "LD_PRELOAD": name["library"], **{key: str(file) for key, file in files.items()}}}


def _pass_for(uid: int) -> None:
    """Be another user in a user namespace of this process; where none can be made, initdb says what it misses."""
    with contextlib.suppress(OSError, AttributeError):
        own = os.geteuid()
        if ctypes.CDLL(None).unshare(_CLONE_NEWUSER) == 0:
            Path("/proc/self/uid_map").write_text(f"{uid} {own} 1")


def restore(directory: Path, plan: dict[str, Any]) -> bool:
    """Unpack the prepared data directory, if it is there with this run's password; tell whether."""
    data = directory / "data"
    user = (-1, -1) if plan["uid"] is None else (plan["uid"], plan["gid"])
    if not plan["prepared"]:
        return False
    with contextlib.suppress(OSError), _locked(Path(plan["prepared"]), fcntl.LOCK_SH) as stored:
        try:
            if (stored / "password").read_text() == plan["password"]:
                os.utime(stored)  # it is in use: `_sweep` goes by this
                unpack(stored / "data", data, *user)
                return True
        except (OSError, ValueError):
            remove(stored)  # it is not whole: in its place another can be kept
    remove(data)
    return False


def keep(directory: Path, plan: dict[str, Any], stored: Path) -> tuple[Path, int] | None:
    """Pack the data directory, locked, beside where later runs look; where that fails there is none, and no harm."""
    half = stored.with_name(f".{stored.name}-{os.getpid()}")
    try:
        _sweep(stored.parent)
        lock = claim(half)
        pack(directory / "data", half / "data")
        (half / "password").write_text(plan["password"])
    except OSError:
        remove(half)
        return None
    return half, lock


def _publish(half: Path, lock: int, stored: Path) -> None:
    """Give it the name that runs look for, once it is on the disk: a machine that crashes must not leave half of it."""
    with contextlib.suppress(OSError):  # another run was first
        for one in (half / "data", half / "password", half):
            number = os.open(one, os.O_RDONLY)
            os.fsync(number)
            os.close(number)
        half.rename(stored)
    os.close(lock)
    remove(half)


def _sweep(cache: Path) -> None:
    """Remove the data directories that no run has used for long, and what is left of one that was killed."""
    now = time.time()
    for prefix, most in _MOST.items():
        latest = sorted(cache.glob(f"{prefix}*"), key=lambda one: -one.stat().st_mtime)
        old = [one for number, one in enumerate(latest, 1) if number >= most or now - one.stat().st_mtime > _UNUSED]
        for one in (*old, *cache.glob(f".{prefix}*")):  # who makes one keeps it locked until it has its name
            with contextlib.suppress(OSError), _locked(one, fcntl.LOCK_EX | fcntl.LOCK_NB):
                remove(one)


@contextlib.contextmanager
def _locked(folder: Path, how: int) -> Iterator[Path]:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(number, how)
        yield folder
    finally:
        os.close(number)


def _fail(why: str) -> None:
    say("failed " + json.dumps(why))


def end_of(log: Path) -> str:
    """The last lines of a server's log, as far as there is one."""
    with contextlib.suppress(OSError):
        return log.read_text(errors="replace")[-4000:]
    return ""


def _tell_end(server: subprocess.Popen[bytes], log: Path) -> None:
    server.wait()
    _fail(end_of(log))


def _die_with(parent: int) -> None:
    """Should this process itself be killed, the kernel stops the server (Linux)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
    if os.getppid() != parent:  # it has been, before the kernel knew
        os._exit(1)


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
