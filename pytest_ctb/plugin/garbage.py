"""When Python looks for garbage: what a run reads and collects lives to its end, and looking through it takes long."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLD = 100_000
"""How many objects are made before Python looks for garbage. A test makes about twenty, hardly one in a cycle."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the objects of the block from garbage collection: they live to the end; searching them costs a fifth."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Look for garbage rarely while the block runs."""
    thresholds = gc.get_threshold()
    gc.set_threshold(_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
