"""`ctb lsp`: start the language server."""

from __future__ import annotations

import contextlib
import sys

import click

from pytest_ctb.errors import ConfigError


@click.command()
def lsp() -> None:
    """Start a language server for editors, on standard input and output.

    An editor starts it and speaks the Language Server Protocol with it: findings while you type, what a guideline asks
    and what Postgres was seen to do (hover), repairs, and completion. It needs `pip install "pytest-ctb[lsp]"`.

    Ends with 0 when the editor ends it, with 2 where it is not installed.
    """
    try:
        from pytest_ctb.cli.language_server.server import start  # noqa: PLC0415  # an extra: only this command needs it
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"pygls", "lsprotocol"}:
            raise
        raise ConfigError('the language server is not installed: pip install "pytest-ctb[lsp]"') from error
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.redirect_stdout(sys.stderr):  # nothing but the protocol may go to standard output
        start(stdin, stdout)
