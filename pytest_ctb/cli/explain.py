"""`ctb explain`: print guidelines in full, from their YAML files."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from pytest_ctb.checks import Check
from pytest_ctb.cli.project import Project
from pytest_ctb.cli.terminal import completion
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide import guideline_files
from pytest_ctb.guide.declarative import check_of
from pytest_ctb.model import Guideline, Level
from pytest_ctb.model.misspelt import did_you_mean

_WIDTH = 100


@click.command()
@click.argument("guidelines", nargs=-1, metavar="[GUIDELINE]...", shell_complete=completion.guidelines)
@click.pass_obj
def explain(projects: Sequence[Project], guidelines: tuple[str, ...]) -> None:
    """Explain guidelines.

    What holds, why, what to do instead, examples, and where the guide says so.

    GUIDELINE is a code or an id; without any, all are listed.

    \b
    ctb explain
    ctb explain CT08
    ctb explain no-drop-column

    Ends with 2 if there is no such guideline.
    """
    project = projects[0]
    if not guidelines:
        width = max(len(guideline.id) for guideline in project.guidelines)
        for guideline in project.guidelines:
            off = " (off)" if guideline.level is Level.OFF else ""
            click.echo(f"{guideline.code}  {guideline.id:{width}}  {guideline.title}{off}")
        return
    parts = [part for name in guidelines for part in _parts(_find(project, name), project.root)]
    click.echo("\n\n".join(parts))


def _find(project: Project, name: str) -> Guideline:
    """The guideline with a code, an id, or one of sqlfluff's names. Raises ConfigError where there is none."""
    by_name = {
        name.casefold(): guideline for guideline in project.guidelines for name in (guideline.code, guideline.id)
    }
    # sqlfluff's names, CTB_CT08 and ctb.no_drop_column, are what an editor shows.
    wanted = name.casefold().removeprefix("ctb_").removeprefix("ctb.").replace("_", "-")
    if wanted in by_name:
        return by_name[wanted]
    shown = {name: f"{guideline.code} {guideline.id}" for name, guideline in by_name.items()}
    hint = did_you_mean(wanted, by_name, shown=shown)
    raise ConfigError(f"no guideline is named {name!r}{hint} (`ctb explain` lists them)")


def _parts(guideline: Guideline, root: Path) -> Iterator[str]:
    """The paragraphs about a guideline."""
    headline = f"{guideline.code} {guideline.id}: {guideline.title}"
    yield f"{headline}\nlevel {guideline.level}, {_how_judged(check_of(guideline))}"
    yield _prose(guideline.what)
    yield f"Why:\n{_indented(_prose(guideline.why))}"
    if guideline.instead:
        yield f"Instead:\n{_indented(guideline.instead)}"
    for name, cause in guideline.causes.items():
        level = guideline.level_of(cause)
        parts = [f"Cause {name} (level {level}):\n{_indented(_prose(cause.why))}"]
        parts += [f"Instead:\n{_indented(cause.instead)}"] if cause.instead else []
        yield "\n\n".join(parts)
    for outcome, title in (("pass", "Holds"), ("fail", "Does not hold")):
        for files in guideline.examples.get(outcome, ()):
            for name, sql in files.items():
                yield f"{title}{f' ({name})' if name else ''}:\n{_indented(sql.rstrip())}"
    packaged = (root / guideline.path).resolve().is_relative_to(guideline_files.packaged().resolve())
    path = "comes with pytest-ctb; a copy in rules/ is yours to change" if packaged else guideline.path
    more = f"\nMore: {guideline.page}" if guideline.documented and guideline.page else ""
    yield f"In the guide: {guideline.source}\nHere: {path}{more}"


def _how_judged(check: Check) -> str:
    if not check.scope.live:
        return "seen in the file's text"
    part = "in the file's text as far as that tells, and " if check.by_text else ""
    return f"seen {part}by `pytest --ctb`, which replays the files"


def _prose(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH - 4, break_long_words=False, break_on_hyphens=False)


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")
