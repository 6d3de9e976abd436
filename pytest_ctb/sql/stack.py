"""Calls of C code that recurses, on a stack that is large enough: one that ends takes the whole process with it.

The parser's C code recurses as deep as a statement nests, and asks nobody how much room there is.
"""

from __future__ import annotations

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
"""Bytes of the largest stack that is made; the system gives memory for what is used of it alone."""
DEEP = LARGEST
"""Bytes for what follows a parse tree as deep as protobuf hands one on: 65,535 levels; 1,000 bytes each were seen."""
_SPARE = 1 << 20
_SMALL = 128 << 10
_MAIN = 8 << 20
_one_at_a_time = threading.Lock()


class TooDeepError(RecursionError):
    """What is asked for may need more stack than there is."""


def call_with_stack(size: int, function: Callable[..., Result], *arguments: Any) -> Result:
    """Call a function that may need `size` bytes of stack: at once where they are there, else in a thread with them.

    Raises TooDeepError where they cannot be had, and whatever the function raises.
    """
    if size <= (_main_room() if threading.current_thread() is threading.main_thread() else _SMALL):
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
    """A node of a parse tree as bytes; `length`: how long the text that it was read from is."""
    return bytes(call_with_stack(_depth(length), node.SerializeToString))


def from_bytes(kind: Any, data: bytes, length: int) -> Any:
    """The node that these bytes are. Raises DecodeError where it nests deeper than protobuf hands on at all."""
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
    """Bytes of stack for the tree of a text: no character makes more than one level."""
    return min(512 * length, DEEP)


@cache
def _main_room() -> int:
    """Half of what the main thread has: the rest is for what called us."""
    limit, _ = resource.getrlimit(resource.RLIMIT_STACK)
    return (_MAIN if limit == resource.RLIM_INFINITY else min(limit, _MAIN)) // 2


def _until_gone(thread: threading.Thread) -> None:
    """Before Python 3.13 `join` returns a moment before the thread ends, and a fork in that moment is warned of."""
    task = Path(f"/proc/self/task/{thread.native_id}")
    while sys.version_info < (3, 13) and task.exists():
        pass
