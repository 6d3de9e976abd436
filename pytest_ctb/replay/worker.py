"""One process of a replay: it moves a database of its own past some migrations, and watches those that come next.

The first process is the one that asks for the evidence. The others are processes of Python's own pool, which import
neither pytest nor anything of the user's, and end with the process that started them.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import ModuleType

import psycopg

from pytest_ctb.errors import LostError, ServerError
from pytest_ctb.model import Observed
from pytest_ctb.replay.timeline import Task, Timeline


def work(task: Task) -> Observed:
    """What was observed of a task's migrations; with the last one of the history, also what all of them made.

    Raises LostError where the server is gone, else ServerError.
    """
    with lost(), Timeline(task) as timeline:
        timeline.pass_by(task.first)
        timeline.watch(task.last)
        end = timeline.end() if task.last == len(task.migrations) else None
        return Observed(timeline.seen, end=end)


@contextmanager
def lost() -> Iterator[None]:
    """Turn what the driver raises outside of any one migration into a ServerError."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise ServerError(
            f"the throwaway Postgres has no room left: {error}\n"
            "(a server of ours lies in memory, or where TMPDIR says: set it to a folder with more room)"
        ) from error
    except (psycopg.OperationalError, psycopg.errors.InternalError_) as error:
        raise LostError(f"the throwaway Postgres was lost during the replay: {error}") from error
    except psycopg.Error as error:
        raise ServerError(f"the throwaway Postgres refused what the replay needs: {error}") from error


class Pool:
    """Processes beside this one. They end when `end` is called, at once, and when this process dies."""

    def __init__(self, processes: int) -> None:
        """Start so many. Raises OSError where none can be: a limit on processes, or a machine without semaphores."""
        self.processes = processes
        context = get_context("spawn")
        self._reading, self._writing = context.Pipe(duplex=False)
        try:
            self._executor = ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(self._reading,))
        except (ImportError, NotImplementedError) as error:
            raise OSError(error) from error
        with _plain_start():
            for _ in range(processes):  # each starts a process, which imports what it needs while a server starts
                self._executor.submit(os.getpid)

    def submit(self, task: Task) -> Callable[[], Observed]:
        """Hand a task to one of them; what is returned waits for what it observed, and raises what `work` raises.

        Both raise BrokenProcessPool where a process has died.
        """
        data = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)  # the executor's own pickler takes six times as long
        with _plain_start():
            future = self._executor.submit(_work_elsewhere, data)
        return lambda: _observed(future.result())

    def end(self) -> None:
        """End them, whatever they are doing."""
        self._writing.close()
        self._executor.shutdown(cancel_futures=True)
        self._reading.close()


def _begin(alive: Connection) -> None:
    """Let this process end as soon as the one that started it closes the other end of a pipe, which its death does."""
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()


def _work_elsewhere(data: bytes) -> bytes:
    task: Task = pickle.loads(data)  # noqa: S301  # written by the process that started this one
    gc.freeze()  # the migrations stay, and are nothing to look through for garbage
    return pickle.dumps(work(task), pickle.HIGHEST_PROTOCOL)


def _observed(data: bytes) -> Observed:
    observed: Observed = pickle.loads(data)  # noqa: S301  # written by a process that this one started
    return observed


def _end_with(alive: Connection) -> None:
    alive.poll(None)
    os._exit(0)  # its databases are dropped, and its server stopped, by who has made them


@contextmanager
def _plain_start() -> Iterator[None]:
    """Start processes that do not run the main module again, as `spawn` does, and that Ctrl-C does not reach.

    The main module may be a program of the user's, or pytest. Ctrl-C is for pytest alone, which then ends them.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a new process inherits it
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        sys.modules["__main__"] = main
