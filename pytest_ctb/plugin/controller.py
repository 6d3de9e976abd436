"""Where xdist runs the tests: the end of a worker whose controller is gone."""

from __future__ import annotations

import os
import threading
import time

_CONTROLLER_CHECK = 0.1
"""Seconds between two looks of a worker of xdist for its controller."""


def end_with_controller() -> None:
    """End this worker of xdist soon after its controller was killed.

    xdist lets it work for seconds more. With a database that others share, the next run would meet what it makes.
    """
    controller = os.getppid()

    def watch() -> None:
        while os.getppid() == controller:
            time.sleep(_CONTROLLER_CHECK)
        os._exit(1)  # the guard cleans up, or the next run where the guard was killed too

    threading.Thread(target=watch, daemon=True).start()
