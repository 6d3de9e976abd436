"""Patches, which people read and programs apply."""

from __future__ import annotations

import sys

import click

from pytest_ctb.model.visible import without_commands


def show_patch(text: str) -> None:
    """Show a patch; where no terminal reads it, it may be on its way to `git apply`, and keeps its characters."""
    if sys.stdout.isatty():
        click.echo(text, nl=False)
    else:
        click.echo(without_commands(text).encode("utf-8", "surrogateescape"), nl=False)
