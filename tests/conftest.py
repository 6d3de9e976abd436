"""What tests share: servers, one of each kind for the whole run, and the package's modules."""

from __future__ import annotations

import os
import pkgutil
from importlib import import_module

import pytest
from hypothesis import settings

import pytest_ctb
from livedb import ctb, forks, live  # noqa: F401  # fixtures
from needs import chromium
from pytest_ctb.postgres import Wanted, choose

settings.register_profile("untimed", deadline=None)  # no test fails because the machine is busy
settings.load_profile("untimed")

# pytester forgets what a run inside it imported first; the package's modules must stay one and the same. Those for sqlfluff
# no run imports, and sqlfluff wants to be the first who does; the commands that print migrations run in processes of their own.
for _module in pkgutil.walk_packages(pytest_ctb.__path__, "pytest_ctb."):
    if not _module.name.startswith(("pytest_ctb.editors", "pytest_ctb.source.alembic", "pytest_ctb.source.django")):
        import_module(_module.name)


os.environ.setdefault("COLUMNS", "200")
"""So wide that the short summary of a run shows ids whole; what is seen at 80 columns has tests of its own."""

OTHERS = " ".join(f"-p no:{one}" for one in ("html", "html_fixtures", "metadata", "rerunfailures", "timeout"))
"""The plugins that are installed for the tests of what they see of us, and that no other test needs."""


@pytest.fixture
def pytester(pytester, monkeypatch):
    """Pytester, without the plugins of others."""
    monkeypatch.setenv("PYTEST_ADDOPTS", OTHERS)
    return pytester


@pytest.fixture(scope="session")
def server():
    """A running embedded Postgres."""
    with choose(Wanted("embedded")).offer.start() as started:
        yield started


@pytest.fixture(scope="session")
def browser():
    """A Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        # Its sandbox is not for root, which a container in CI is.
        sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
        started = driver.chromium.launch(executable_path=chromium(), args=sandbox)
        yield started
        started.close()
