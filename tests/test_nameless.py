"""A run as a user id that the machine has no name for, as in a container that is given any id."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sample
from machine import wheel_bin

pytestmark = pytest.mark.anybody
NUMBER = 54321
BECOME = [
    *([] if os.geteuid() == 0 else ["sudo", "-n", "--preserve-env"]),
    *("setpriv", f"--reuid={NUMBER}", "--regid=0", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
]
LENDS = (
    bool(shutil.which("setpriv"))
    and subprocess.run([*BECOME, "unshare", "--user", "true"], capture_output=True, check=False).returncode == 0
)
"""A machine that lets such a user make a user namespace; containers mostly do not."""
PATCH = """
import os
from pytest_ctb.postgres import cluster, user_name
plain = user_name.substitute_user
cluster.substitute_user = lambda: {**plain(), "library": os.environ["LIBRARY"]}
"""


@pytest.fixture
def project():
    """A repository that anybody may read and write, of which pytest's own temporary folders are not a part."""
    made = Path("/tmp") / f"ctb-nameless-{os.getpid()}"
    made.mkdir(mode=0o777)
    made.chmod(0o777)
    sample.write(made)
    yield made
    shutil.rmtree(made)


def run(project, *options, **variables):
    """`pytest --ctb` as that user, who may read what we may: our checkout and its Python may lie below our home."""
    with pytest.raises(KeyError):
        pwd.getpwuid(NUMBER)
    kept = {name: value for name, value in os.environ.items() if name not in {"HOME", "XDG_CACHE_HOME"}}
    kept["PATH"] = f"{wheel_bin()}:{kept['PATH']}"  # which lie where he may enter
    return subprocess.run(
        [
            *BECOME,
            sys.executable,
            "-m",
            "pytest",
            "--ctb",
            "-p",
            "no:cacheprovider",
            f"--basetemp={project}/tmp",
            *options,
        ],
        cwd=project,
        env={**kept, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("home", [{}, {"HOME": "/"}, {"HOME": "/nonexistent"}], ids=["none", "root", "missing"])
def test_all_is_judged_as_for_anybody(project, home):
    done = run(project, "--ctb-postgres", "local", **home)
    if not LENDS:
        assert f"The user id {NUMBER} has no entry in /etc/passwd" in done.stdout
        return
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


def test_in_several_processes(project):
    done = run(project, "--ctb-postgres", "local", "-n", "2")
    assert done.returncode == (0 if LENDS else pytest.ExitCode.USAGE_ERROR), done.stdout + done.stderr


def test_where_no_name_can_be_lent_the_message_says_what_helps(project):
    (project / "conftest.py").write_text(PATCH)
    done = run(project, "--ctb-postgres", "local", "-k", "replay", LIBRARY="/nowhere/libnss_wrapper.so")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert f"could not look up effective user ID {NUMBER}" in done.stdout
    assert f"The user id {NUMBER} has no entry in /etc/passwd" in done.stdout
    assert "install libnss_wrapper" in done.stdout
