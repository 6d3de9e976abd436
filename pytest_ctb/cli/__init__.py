"""The face that authors see: the command `ctb`. It needs no server, and neither pytest nor sqlfluff.

One module for each command; `project` tells them where the migrations and the guidelines are.
"""

from pytest_ctb.cli.main import main

__all__ = ["main"]
