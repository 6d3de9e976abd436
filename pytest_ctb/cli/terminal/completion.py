"""`ctb completion`: the script that completes `ctb` in a shell; and what is completed besides commands and options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_ctb.errors import CtbError

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes commands, options, files and guidelines in a shell.

    \b
    ctb completion bash > ~/.local/share/bash-completion/completions/ctb
    ctb completion zsh > ~/.zfunc/_ctb       # with fpath+=~/.zfunc before compinit in ~/.zshrc
    ctb completion fish > ~/.config/fish/completions/ctb.fish

    Ends with 0; with 2 for another shell.
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415  # most runs complete nothing

    made = get_completion_class(shell)
    assert made
    click.echo(made(context.find_root().command, {}, "ctb", "_CTB_COMPLETE").source())


def files(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete the name of a file."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    return [CompletionItem(incomplete, type="file")]


def folders(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete the name of a folder."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    return [CompletionItem(incomplete, type="dir")]


def guidelines(context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The codes and ids of guidelines. Nothing behind a comma, where fish would cut the list off."""
    from click.shell_completion import CompletionItem  # noqa: PLC0415

    from pytest_ctb.cli.project import find_all  # noqa: PLC0415  # it reads the repository

    given = context.find_root().params
    try:
        projects = find_all(Path.cwd(), given["folders"], given["rules"] or "")
        known = {guideline.code: guideline for project in projects for guideline in project.active_guidelines}
    except (CtbError, OSError):  # nothing may be written between the words of a command line
        return []
    return [
        CompletionItem(name, help=" ".join(guideline.title.split()))
        for guideline in known.values()
        for name in (guideline.code, guideline.id)
        if name.casefold().startswith(incomplete.casefold())
    ]
