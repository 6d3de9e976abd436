"""The process between pytest and the server that it started: it cleans up, however pytest ends.

It runs as a script, so that a `kill -9` of pytest does not reach it. It reads the plan, a line of JSON, carries it out,
and waits for the end of its standard input, which comes when pytest closes it or dies. Every run ends so. It imports
only the standard library, unless the plan names a module; and at first only what the start of the server needs.
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
"""How many data directories of 40 MB are kept, the latest; `replayed-` were those of earlier versions."""
_LARGEST = 1 << 30
"""The largest data directory that is kept, in bytes."""


def main() -> None:
    """Carry out the plan, wait, clean up."""
    # A signal to the terminal or the job must not end this process: it ends when pytest has ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.umask(0o077)  # not that of the user, who may have one that forbids everything
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
    except Exception as error:  # noqa: BLE001  # a full disk, say, or a limit on processes: pytest reports it
        _fail(f"{end_of(directory / 'log')}{error}")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the end has begun
        if server is not None:
            _stop(server)
        clear(directory)


def claim(directory: Path) -> int:
    """Make a folder and lock it until this process ends or closes the file descriptor that is returned."""
    while True:
        directory.mkdir(mode=0o700)
        # Another run may remove the folder before it is locked.
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(directory, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            with contextlib.suppress(FileNotFoundError):
                if os.fstat(lock).st_ino == directory.stat().st_ino:
                    return lock
            os.close(lock)


def say(word: str) -> None:
    """Send pytest a line, if it is still there."""
    with contextlib.suppress(OSError):
        sys.stdout.write(word + "\n")
        sys.stdout.flush()


def wait(parent: int) -> None:
    """Return when standard input ends, or when the parent has ended while a child of it holds the pipe open."""
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
    secret.write_text(plan["hashed"])
    if plan["uid"] is not None:
        os.chown(directory, plan["uid"], plan["gid"])
        os.chown(secret, plan["uid"], plan["gid"])


def copy(source: str, target: str) -> None:
    """Copy a folder for all to read and run, in unpublished the time of `shutil.copytree`."""
    os.mkdir(target, 0o700)  # noqa: PTH102  # a thousand files
    os.chmod(target, 0o755)  # noqa: PTH101, S103
    with os.scandir(source) as scanned:
        entries = list(scanned)
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
    """Write a folder into one file: the length of an index, the index as JSON, and the content of the files.

    That takes a fifth of the time of as many files. Raises OSError where the folder holds anything but files and
    folders, or is too large.
    """
    folders, files = [], []
    for at, below, names in os.walk(folder):
        inside = at[len(str(folder)) :]
        folders.append(inside)
        if any(os.path.islink(f"{at}/{name}") for name in below):  # noqa: PTH114
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
    """Restore the folder that `pack` has written, readable by its owner only.

    Raises OSError and ValueError where the packed file is not complete.
    """
    with _opened(str(packed), os.O_RDONLY) as read:
        folders, files = json.loads(os.read(read, int(os.read(read, 10))))
        for name in folders:
            os.mkdir(f"{folder}{name}", 0o700)  # noqa: PTH102
            if uid != -1:
                os.chown(f"{folder}{name}", uid, gid)
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
    """Remove a folder, or as much of it as can be removed."""
    import shutil  # noqa: PLC0415  # its import takes 5 ms, which the start of a run must not cost

    shutil.rmtree(folder, ignore_errors=True)


def clear(directory: Path) -> None:
    """Kill the processes that are left of a server, and remove its folder."""
    ended: set[str] = set()
    while killed := _kill_processes_in(directory):
        ended |= killed
        time.sleep(0.01)
    with contextlib.suppress(OSError):  # the file exists unless the server shut down in order
        ended.add((directory / "data" / "postmaster.pid").read_text().partition("\n")[0])
    _free_shared_memory(ended)
    remove(directory)


def _kill_processes_in(directory: Path) -> set[str]:
    """Kill the processes of a server, whose working directory is its folder; returns their IDs (Linux only)."""
    killed = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            inside = (process / "cwd").readlink().is_relative_to(directory)
            if inside and (process / "exe").readlink().name.partition(" ")[0] in {"postgres", "initdb"}:
                os.kill(int(process.name), signal.SIGKILL)
                killed.add(process.name)
    return killed


def _free_shared_memory(made_by: set[str]) -> None:
    """Remove the segments of killed postmasters (Linux: sysvipc(7)), also while one of them is still on its way out."""
    for table in Path("/proc/sysvipc").glob("shm"):
        for row in table.read_text().splitlines()[1:]:
            _, number, _, _, creator, _, attached, *_ = row.split()
            if creator in made_by and (attached == "0" or not os.path.exists(f"/proc/{creator}/exe")):  # noqa: PTH110
                ctypes.CDLL(None).shmctl(int(number), _IPC_RMID, None)


def _serve(directory: Path, plan: dict[str, Any]) -> subprocess.Popen[bytes] | None:
    """Make the data directory and start the server in it; sends pytest `started` or `failed`."""
    log = directory / "log"
    as_user: dict[str, Any] = {}
    if plan["uid"] is not None:
        as_user = {"user": plan["uid"], "group": plan["gid"], "extra_groups": []}
    with log.open("ab") as out:
        common: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": out, "stderr": out, "cwd": directory}
        common |= {"env": plan["env"], "preexec_fn": partial(_die_with, os.getpid()), **as_user}  # no thread runs yet
        unpublished = None
        if not restore(directory, plan):
            as_named = _with_user_name(directory, plan) if plan["substitute"] else {}
            made = subprocess.run(plan["init"], check=False, **{**common, **as_named})
            if made.returncode != 0:
                _fail(end_of(log) + ("\n" + plan["substitute"]["remedy"] if as_named else ""))
                return None
            unpublished = keep(directory, plan, Path(plan["cached"])) if plan["cached"] else None
        server = subprocess.Popen(plan["serve"], **common)
    say("started")
    threading.Thread(target=_report_end, args=(server, log), daemon=True).start()
    if unpublished is not None:  # the start does not wait for the disk; the end does
        threading.Thread(target=_publish, args=(*unpublished, Path(plan["cached"]))).start()
    return server


def _with_user_name(directory: Path, plan: dict[str, Any]) -> dict[str, Any]:
    """How to run initdb for a user who has no name (see user_name.py)."""
    substitute = plan["substitute"]
    if substitute["library"] is None:
        return {"preexec_fn": lambda: _become(substitute["uid"])}
    files = {"NSS_WRAPPER_PASSWD": directory / "passwd", "NSS_WRAPPER_GROUP": directory / "group"}
    files["NSS_WRAPPER_PASSWD"].write_text(substitute["entry"] + "\n")
    files["NSS_WRAPPER_GROUP"].touch()
    variables = {"LD_PRELOAD": substitute["library"], **{name: str(file) for name, file in files.items()}}
    return {"env": {**plan["env"], **variables}}


def _become(uid: int) -> None:
    """Become another user in a user namespace of this process; where none can be made, initdb reports the error."""
    with contextlib.suppress(OSError, AttributeError):
        uid_outside = os.geteuid()
        if ctypes.CDLL(None).unshare(_CLONE_NEWUSER) == 0:
            Path("/proc/self/uid_map").write_text(f"{uid} {uid_outside} 1")


def restore(directory: Path, plan: dict[str, Any]) -> bool:
    """Unpack the cached data directory. False where there is none with this run's password."""
    data = directory / "data"
    user = (-1, -1) if plan["uid"] is None else (plan["uid"], plan["gid"])
    if not plan["cached"]:
        return False
    with contextlib.suppress(OSError), _locked(Path(plan["cached"]), fcntl.LOCK_SH) as stored:
        try:
            if (stored / "password").read_text() == plan["password"]:
                os.utime(stored)  # `_sweep` removes what was not used for long
                unpack(stored / "data", data, *user)
                return True
        except (OSError, ValueError):
            remove(stored)  # it is not complete: make room for another
    remove(data)
    return False


def keep(directory: Path, plan: dict[str, Any], stored: Path) -> tuple[Path, int] | None:
    """Pack the data directory into a locked folder beside its place in the cache; None where that fails."""
    unpublished = stored.with_name(f".{stored.name}-{os.getpid()}")
    try:
        _sweep(stored.parent)
        lock = claim(unpublished)
        pack(directory / "data", unpublished / "data")
        (unpublished / "password").write_text(plan["password"])
    except OSError:
        remove(unpublished)
        return None
    return unpublished, lock


def _publish(unpublished: Path, lock: int, stored: Path) -> None:
    """Rename the packed folder to its place, once it is on the disk: a crash must not leave a part of it there."""
    with contextlib.suppress(OSError):  # another run was first
        for path in (unpublished / "data", unpublished / "password", unpublished):
            number = os.open(path, os.O_RDONLY)
            os.fsync(number)
            os.close(number)
        unpublished.rename(stored)
    os.close(lock)
    remove(unpublished)


def _sweep(cache: Path) -> None:
    """Remove the data directories that no run used for long, and those that a killed run left unfinished."""
    now = time.time()
    for prefix, most in _MOST.items():
        latest = sorted(cache.glob(f"{prefix}*"), key=lambda folder: -folder.stat().st_mtime)
        kept = [folder for folder in latest[: max(most - 1, 0)] if now - folder.stat().st_mtime <= _UNUSED]
        for folder in {*latest, *cache.glob(f".{prefix}*")} - {*kept}:  # its maker keeps it locked until it is renamed
            with contextlib.suppress(OSError), _locked(folder, fcntl.LOCK_EX | fcntl.LOCK_NB):
                remove(folder)


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
    """The last 4000 characters of a server's log; empty where there is none."""
    with contextlib.suppress(OSError):
        return log.read_text(errors="replace")[-4000:]
    return ""


def _report_end(server: subprocess.Popen[bytes], log: Path) -> None:
    server.wait()
    _fail(end_of(log))


def _die_with(parent: int) -> None:
    """Let the kernel stop the server if this process is killed (Linux only)."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
    if os.getppid() != parent:  # it was killed before the kernel was told
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
