"""The command `ctb` with its subcommands, their common options, and the exit codes."""

from __future__ import annotations

import atexit
import contextlib
import gc
import sys
import traceback
from collections import UserDict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_ctb import __version__
from pytest_ctb.cli.terminal import completion
from pytest_ctb.errors import ConfigError, CtbError
from pytest_ctb.model.visible import Visible

if TYPE_CHECKING:
    from pytest_ctb.cli.project import Project

_EPILOG = """
\b
Once for a repository:
  ctb init                                see what is there, write the settings, run the suite

\b
A migration from its first line to the push:
  ctb new "add linkedin url to people"    make the file, headed and framed
  $EDITOR migrations/…                    write the SQL, and what takes it back
  ctb check                               what its text breaks
  ctb fix                                 repair what needs no decision
  ctb explain CT08                        why a guideline is there
  ctb split migrations/…                  make what blocks the application several files that do not
  pytest --ctb                            replay it: what Postgres is seen to do
  ctb merge shard-*.json                  one report of the shards of a long history
  ctb diagram                             draw what all migrations make together
  ctb contracts                           the JSON Schema of each table's rows
  ctb base --write                        the base schema that all migrations make together

\b
And from there to a database:
  ctb status                              what it has, and what is pending
  ctb apply --dry-run                     what would be sent, and the locks it takes
  ctb apply                               send it
  ctb rollback migrations/…               take the newest back
  ctb verify                              what it has otherwise than the migrations say
  ctb sizes > sizes.json                  how large its tables are

\b
In your shell:
  ctb completion bash                     the script that completes all of this

\b
Exit codes, the same for every command:
  0  clean: nothing is left to do
  1  findings, or something is not applied
  2  could not check: a wrong option, a file that is none, a broken guideline, no database

The folders are those of the ini file that pytest reads (ctb_migrations, ctb_rules).
A database's address (--database-url, DATABASE_URL) is read by apply, status, rollback, verify and
sizes alone.
"""


_FOR_SQL_FILES = {"new", "fix", "split", "status", "apply", "rollback"}
"""The commands that write SQL files, or apply them with a ledger of ours."""
_OF_ALL = {"check", "explain"}
"""The commands that take all databases where none is chosen."""
_OF_NO_PROJECT = {"sizes", "lsp", "merge", "completion"}
"""The commands that take no project, or that of their files."""


def _choose(context: click.Context, _: click.Parameter, database: str) -> None:
    """Give a command its project: of the database that is named, or that its files or the working folder are of."""
    from pytest_ctb.cli.project import absolute, holding, only  # noqa: PLC0415  # it reads the repository

    projects = context.obj(database)
    named = next(filter(None, map(context.params.get, ("files", "file", "folder", "stdin_filename"))), ".")
    paths = [named] if isinstance(named, str) else named
    projects = holding(projects, [absolute(path) for path in paths])
    context.obj = projects if context.command.name in _OF_ALL else only(projects)
    if context.command.name in _FOR_SQL_FILES and (source := only(projects).config.source):
        raise ConfigError(
            f"ctb {context.command.name} is for SQL files; these migrations are code, which the tool behind "
            f"ctb_source = {source} writes and applies"
        )


class _Commands(UserDict[str, click.Command]):
    """The subcommands by name. The module of one is imported when somebody asks for it: most runs need one of them."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        """`modules`: the module of each command below this package."""
        super().__init__()
        self._modules = modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __missing__(self, name: str) -> click.Command:
        command: click.Command = getattr(import_module(f"pytest_ctb.cli.{self._modules[name]}"), name)
        if name not in _OF_NO_PROJECT:
            command.params.append(
                click.Option(
                    ["--database"],
                    default="",
                    metavar="NAME",
                    expose_value=False,
                    callback=_choose,
                    help="Which database, where the repository has several.",
                )
            )
        self.data[name] = command
        return command


_COMMANDS = _Commands(
    {
        "init": "init",
        "new": "new",
        "check": "check",
        "fix": "fix",
        "explain": "explain",
        "order": "order",
        "baseline": "baseline",
        "diagram": "schema.diagram",
        "contracts": "schema.contracts",
        "base": "schema.base",
        "status": "status",
        "apply": "apply",
        "rollback": "rollback",
        "verify": "verify",
        "sizes": "online.sizes",
        "split": "online.split",
        "merge": "merge",
        "lsp": "language_server.command",
        "completion": "terminal.completion",
    }
)


def _projects(folders: tuple[str, ...], rules: str, database: str) -> tuple[Project, ...]:
    from pytest_ctb.cli.project import find_all  # noqa: PLC0415  # `ctb --help` reads no repository

    return find_all(Path.cwd(), folders, rules, database)


@click.group(
    commands=_COMMANDS,
    epilog=_EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--migrations",
    "folders",
    metavar="DIR",
    shell_complete=completion.folders,
    multiple=True,
    help="Where migrations live (default: as pytest's ini file says, else migrations).",
)
@click.option(
    "--rules",
    metavar="DIR",
    shell_complete=completion.folders,
    default="",
    help="Guidelines of your own, which add to the packaged ones; or a profile (default: as the ini file says).",
)
@click.version_option(__version__, "-V", "--version", prog_name="ctb")
@click.pass_context
def ctb(context: click.Context, folders: tuple[str, ...], rules: str) -> None:
    """Write Postgres migrations that hold your team's guide.

    `pytest --ctb` judges them by what Postgres does; these commands help before: they start a migration, say what its
    text breaks, repair what needs no decision, and explain the guide. And they bring it to a database.
    """
    context.obj = partial(_projects, folders, rules)


_GC_THRESHOLD = 500_000
"""How many objects Python makes before it looks for unreachable cycles: commands make many objects, hardly a cycle."""


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry point `ctb`. Raises SystemExit, with 2 for an error or a crash."""
    gc.set_threshold(_GC_THRESHOLD)
    atexit.register(gc.freeze)  # else Python collects once more at its end, which takes as long as many a command
    with contextlib.redirect_stdout(Visible(sys.stdout)), contextlib.redirect_stderr(Visible(sys.stderr)):
        _main(arguments)


def _main(arguments: Sequence[str] | None) -> None:
    try:
        # Else click removes from names and SQL what looks like a colour code, where no terminal reads.
        ctb(arguments, prog_name="ctb", color=True)
    except (CtbError, OSError) as error:
        click.echo(f"ctb: {error}", err=True, color=True)
        sys.exit(2)
    except Exception:  # noqa: BLE001  # Python would end with 1, which says that something breaks the guide
        traceback.print_exc()
        sys.exit(2)
