"""`ctb explain`: a guideline in full, as its YAML file words it."""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterator
from pathlib import Path

import click

from pytest_ctb.checks import Check
from pytest_ctb.cli.project import Project
from pytest_ctb.errors import ConfigError
from pytest_ctb.guide import guideline_files
from pytest_ctb.guide.declarative import check_of
from pytest_ctb.model import Guideline, Level

_WIDTH = 100


@click.command()
@click.argument("guidelines", nargs=-1, metavar="[GUIDELINE]...")
@click.pass_obj
def explain(project: Project, guidelines: tuple[str, ...]) -> None:
    """Explain guidelines.

    What holds, why, what to do instead, examples, and where the guide says so.

    GUIDELINE is a code or an id; without any, all are listed.

    \b
    ctb explain
    ctb explain CT08
    ctb explain no-drop-column

    Ends with 2 if there is no such guideline.
    """
    if not guidelines:
        width = max(len(one.id) for one in project.guidelines)
        for one in project.guidelines:
            off = " (off)" if one.level is Level.OFF else ""
            click.echo(f"{one.code}  {one.id:{width}}  {one.title}{off}")
        return
    parts = [part for name in guidelines for part in _parts(_named(project, name), project.root)]
    click.echo("\n\n".join(parts))


def _named(project: Project, name: str) -> Guideline:
    every = {key.casefold(): one for one in project.guidelines for key in (one.code, one.id)}
    # sqlfluff's names, CTB_CT08 and ctb.no_drop_column, are what an editor shows.
    wanted = name.casefold().removeprefix("ctb_").removeprefix("ctb.").replace("_", "-")
    if wanted in every:
        return every[wanted]
    near = difflib.get_close_matches(wanted, every, n=1)
    hint = f"; did you mean {every[near[0]].code} {every[near[0]].id}?" if near else ""
    raise ConfigError(f"no guideline is named {name!r}{hint} (`ctb explain` lists them)")


def _parts(one: Guideline, root: Path) -> Iterator[str]:
    yield f"{one.code} {one.id}: {one.title}\nlevel {one.level}, {_seen(check_of(one))}"
    yield _prose(one.what)
    yield f"Why:\n{_indented(_prose(one.why))}"
    if one.instead:
        yield f"Instead:\n{_indented(one.instead)}"
    for outcome, title in (("pass", "Holds"), ("fail", "Does not hold")):
        for files in one.examples.get(outcome, ()):
            for name, sql in files.items():
                yield f"{title}{f' ({name})' if name else ''}:\n{_indented(sql.rstrip())}"
    packaged = (root / one.path).resolve().is_relative_to(guideline_files.packaged().resolve())
    path = "comes with pytest-ctb; a copy in rules/ is yours to change" if packaged else one.path
    yield f"In the guide: {one.source}\nHere: {path}\nMore: {one.page}"


def _seen(check: Check) -> str:
    if not check.scope.live:
        return "seen in the file's text"
    part = "in the file's text as far as that tells, and " if check.by_text else ""
    return f"seen {part}by `pytest --ctb`, which replays the files"


def _prose(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH - 4, break_long_words=False, break_on_hyphens=False)


def _indented(text: str) -> str:
    return textwrap.indent(text, "    ")
