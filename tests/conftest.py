"""Servers that tests share: one of each kind for the whole run."""

from __future__ import annotations

import pytest

from pytest_ctb.postgres import Wanted, choose


@pytest.fixture(scope="session")
def server():
    """A running embedded Postgres."""
    with choose(Wanted("embedded")).offer.start() as started:
        yield started
