"""Migrations to what a server was seen to do with them: the evidence that live guidelines are judged by.

`replay` is the only entrance. It makes databases on the server that it is given, applies files to them as
`psql -v ON_ERROR_STOP=1 -f` would, reads the catalogs, and drops what it made.
"""

from pytest_ctb.replay.run import replay

__all__ = ["replay"]
