"""Call recursive C code on a stack that is large enough: a stack overflow would crash the process.

The C code of the parser recurses as deep as a statement nests, and checks no limit.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from google.protobuf.internal import api_implementation as implementation
from google.protobuf.message import DecodeError

Result = TypeVar("Result")

LARGEST = 128 << 20
"""The largest stack, in bytes; the system gives memory only for the part that is used."""
DEEP = LARGEST
"""The stack, in bytes, for the deepest tree of protobuf: 65,535 levels, of about 1,000 bytes each."""
_SPARE = 1 << 20
_SMALL = 128 << 10
_MAIN = 8 << 20
_one_at_a_time = threading.Lock()


class TooDeepError(RecursionError):
    """The call may need more stack than can be had."""


def call_with_stack(size: int, function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function that may need `size` bytes of stack, in a thread of its own where this one has less.

    Raises TooDeepError where no such stack can be had, and whatever the function raises.
    """
    if size <= _SMALL or (threading.current_thread() is threading.main_thread() and size <= _main_room()):
        return function(*arguments)
    if size > LARGEST:
        raise TooDeepError("it nests too deep")
    results: list[Result] = []
    errors: list[BaseException] = []

    def call() -> None:
        try:
            results.append(function(*arguments))
        except BaseException as error:  # noqa: BLE001  # raised below, in the thread that asked
            errors.append(error)

    thread = threading.Thread(target=call, name="pytest-ctb-stack", daemon=True)
    with _one_at_a_time:
        before = threading.stack_size(size + _SPARE)
        try:
            thread.start()
        except RuntimeError as error:
            raise TooDeepError(f"there is no memory for a stack of {size} bytes") from error
        finally:
            threading.stack_size(before)
    thread.join()
    _until_gone(thread)
    if errors:
        raise errors[0]
    return results[0]


def to_bytes(node: Any, length: int) -> bytes:
    """Serialize a node of a parse tree; `length` is that of its text, in characters."""
    return bytes(call_with_stack(_depth(length), node.SerializeToString))


def from_bytes(kind: Any, data: bytes, length: int) -> Any:
    """Read a node of the message type `kind` from bytes. Raises DecodeError where it nests too deep for protobuf."""
    try:
        return kind.FromString(data)  # which gives up at 100 levels
    except DecodeError:
        return call_with_stack(_depth(length), _unpacked_deep, kind, data)


def _unpacked_deep(kind: Any, data: bytes) -> Any:
    allow = getattr(getattr(implementation, "_c_module", None), "SetAllowOversizeProtos", None)
    if allow is None:
        raise DecodeError
    allow(True)
    try:
        return kind.FromString(data)
    finally:
        allow(False)


def _depth(length: int) -> int:
    """Bytes of stack for the tree of a text: a character makes at most one level."""
    return min(512 * length, DEEP)


@cache
def _main_room() -> int:
    """Half of the stack of the main thread, in bytes: the callers use the other half."""
    limit, _ = resource.getrlimit(resource.RLIMIT_STACK)
    return (_MAIN if limit == resource.RLIM_INFINITY else min(limit, _MAIN)) // 2


def _until_gone(thread: threading.Thread) -> None:
    """Wait for the end of a thread: before Python 3.13 `join` returns a moment early, and in 3.12 a fork then warns."""
    task = Path(f"/proc/self/task/{thread.native_id}")
    while sys.version_info[:2] == (3, 12) and task.exists():
        os.sched_yield()  # it ends when it has a processor
