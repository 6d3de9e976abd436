"""The face that authors see: the command `ctb`. It needs neither pytest nor sqlfluff, and mostly no server.

One module for each command; `project` tells them where the migrations and the guidelines are.
"""

from pytest_ctb.cli.main import main

__all__ = ["main"]
