"""How modules are found, for a run that imports many."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder


@contextmanager
def direct() -> Iterator[None]:
    """Let what the block imports be found as without pytest, whose hook looks at each module before Python does.

    It rewrites the assertions of plugins, of which all our modules are a part; to find and to load them so takes
    twice as long, and what they assert is not a test.
    """
    sys.meta_path.insert(0, PathFinder)
    try:
        yield
    finally:
        sys.meta_path.remove(PathFinder)  # the first one, which is ours
