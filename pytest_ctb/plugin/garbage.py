"""How often Python collects garbage: what a run reads lives to its end, and to search it takes long."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_THRESHOLD = 100_000
"""Python collects garbage after so many new objects. A test makes about twenty, hardly one of them in a cycle."""


@contextmanager
def uncollected() -> Iterator[None]:
    """Collect no garbage in the block, and never search its objects, which live to the end: it costs a fifth."""
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
    """Collect garbage rarely while the block runs."""
    thresholds = gc.get_threshold()
    gc.set_threshold(_THRESHOLD)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
