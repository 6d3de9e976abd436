"""What earlier files left out, which may be why a later one fails."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, takewhile
from typing import Any

from pytest_ctb.checks import Case


def failed_before(case: Case[Any]) -> Iterator[str]:
    """A note that names the first earlier migrations that did not apply: something may be missing because of them."""
    before = takewhile(lambda path: path != case.subject, case.replay.files)
    failed = list(islice((path for path in before if not case.replay.files[path].applied), 3))
    if failed:
        yield f"NOTE: {', '.join(failed)} did not apply; that may be why"
