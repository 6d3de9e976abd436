"""One process of a replay: it applies the first migrations on its own server, and observes the ones after them.

The first process is the one that needs the evidence. The others are processes of a pool of the standard library. They
import neither pytest nor the user's code, and end with the process that started them.
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import ModuleType

import psycopg

from pytest_ctb.errors import LostError, ServerError, StoppedError
from pytest_ctb.model import PartialEvidence
from pytest_ctb.replay.session.databases import database
from pytest_ctb.replay.timeline import Task, Timeline, run_prelude


def work(task: Task) -> PartialEvidence:
    """The evidence of a task's migrations; for the task with the last migration, also the final state.

    Raises ConfigError where the prelude fails, LostError where the server is gone, else ServerError; StoppedError at
    Ctrl-C.
    """
    server, settings = task.server, task.settings
    with lost(), database(server, "replay", task.role, keep=not server.shared) as name:
        run_prelude(server, name, settings.timeout, settings.prelude)
        with Timeline(task, name) as timeline:
            try:
                timeline.apply_up_to(task.first)
                timeline.observe_up_to(task.last)
                whole = task.last == len(task.migrations) and settings.shard.is_last
                final = timeline.final_state() if whole else None
            except KeyboardInterrupt as stop:
                raise StoppedError(timeline.files) from stop
            return PartialEvidence(timeline.files, final=final)


@contextlib.contextmanager
def lost() -> Iterator[None]:
    """Turn an error of the driver that concerns no single migration into a ServerError; LostError for a lost server."""
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
    """Processes beside this one. They end at once when `end` is called, and when this process dies."""

    def __init__(self, processes: int) -> None:
        """Start this number of processes. Raises OSError where the machine does not allow it."""
        self.processes = processes
        context = get_context("spawn")
        self._reading, self._writing = context.Pipe(duplex=False)
        try:
            self._executor = ProcessPoolExecutor(processes, context, initializer=_begin, initargs=(self._reading,))
        except (ImportError, NotImplementedError) as error:
            raise OSError(error) from error
        try:
            with _plain_start():
                for _ in range(processes):  # each call starts one, which imports its modules while the server starts
                    self._executor.submit(os.getpid)
        except BaseException:  # Ctrl-C, say: nobody else would end those that have started
            self.end()
            raise

    def submit(self, task: Task) -> Callable[[], PartialEvidence]:
        """Give a task to one process. The function that is returned waits for the result, and raises as `work` does.

        Both raise BrokenProcessPool where a process has died.
        """
        data = pickle.dumps(task, pickle.HIGHEST_PROTOCOL)  # the executor's pickler takes six times as long
        with _plain_start():
            future = self._executor.submit(_work_elsewhere, data)
        return lambda: _observed(future.result())

    def end(self) -> None:
        """End the processes, also in the middle of a task."""
        self._writing.close()
        # A task that is on its way to processes that have died fills the pipe, and before Python 3.11.5 the executor
        # waits for whoever writes it (gh-94777): with no reader left that ends.
        with contextlib.suppress(AttributeError, OSError):
            self._executor._call_queue._reader.close()  # type: ignore[attr-defined]  # noqa: SLF001
        self._executor.shutdown(cancel_futures=True)
        self._reading.close()


def _begin(alive: Connection) -> None:
    """End this process when the one that started it closes the other end of the pipe, or dies."""
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()


def _work_elsewhere(data: bytes) -> bytes:
    task: Task = pickle.loads(data)  # noqa: S301  # written by the process that started this one
    gc.freeze()  # the migrations stay alive: the garbage collector need not visit them
    return pickle.dumps(work(task), pickle.HIGHEST_PROTOCOL)


def _observed(data: bytes) -> PartialEvidence:
    observed: PartialEvidence = pickle.loads(data)  # noqa: S301  # written by a process that this one started
    return observed


def _end_with(alive: Connection) -> None:
    alive.poll(None)
    os._exit(0)  # the process that started its server cleans up


@contextlib.contextmanager
def _plain_start() -> Iterator[None]:
    """Start processes that do not run the main module again, as `spawn` does, and that ignore Ctrl-C.

    The main module may be a program of the user's, or pytest. Only pytest handles Ctrl-C, and then ends the processes.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # a new process inherits it
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)  # here a Ctrl-C that came meanwhile is raised
