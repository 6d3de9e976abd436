"""Runs `ctb` in processes of its own that cost a fork each: imports once, then does what standard input says.

A line of JSON: {"run": [arguments], "in": folder, "to": file} answers with the process's number, {"wait": number} with
what it ended with.
"""

from __future__ import annotations

import json
import os
import sys

import pytest_ctb.deploy.run
from pytest_ctb.cli import main


def say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def child(order: dict) -> None:
    said = os.open(order["to"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.chdir(order["in"])
    os.environ.update(order.get("environment", {}))
    code = 3
    try:
        main(order["run"])
        code = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    assert pytest_ctb.deploy.run
    for line in sys.stdin:
        order = json.loads(line)
        if "run" in order:
            pid = os.fork()
            if pid == 0:
                child(order)
            say(pid)
        else:
            _, status = os.waitpid(order["wait"], 0)
            say(os.waitstatus_to_exitcode(status))
