"""pytest-ctb: a Postgres migration guide as tests.

Imports nothing heavy: pytest loads this package in every run, also without `--ctb`.
"""

from pytest_ctb.errors import CtbError, CtbWarning

__all__ = ["CtbError", "CtbWarning", "__version__"]

__version__ = "0.1.0"
