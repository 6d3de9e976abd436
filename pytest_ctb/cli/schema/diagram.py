"""`ctb diagram`: draw the tables that the migrations make, with their keys and references."""

from __future__ import annotations

import difflib
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

import click

from pytest_ctb.cli.project import Project, show_patch
from pytest_ctb.cli.terminal import completion
from pytest_ctb.errors import ConfigError
from pytest_ctb.report.diagram.dot import dot
from pytest_ctb.report.diagram.entities import Entities, entities
from pytest_ctb.report.diagram.mermaid import mermaid
from pytest_ctb.repository import writing
from pytest_ctb.repository.files import read_text

_SECONDS = 120


@click.command()
@click.option("--schema", "schemas", metavar="NAME", multiple=True, help="Only this schema; repeatable.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["mermaid", "svg"]),
    default="mermaid",
    help="Mermaid's text, or a picture that Graphviz draws.",
)
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    shell_complete=completion.files,
    help="Write it to a file; to a folder, one for all and one for each schema.",
)
@click.option(
    "--check",
    metavar="PATH",
    shell_complete=completion.files,
    help="Tell what --output would change there, and write nothing.",
)
@click.option(
    "--postgres",
    default="",
    metavar="WHERE",
    help="Where to replay (default: as pytest's ini file says, else auto).",
)
@click.pass_obj
def diagram(
    project: Project, schemas: tuple[str, ...], kind: str, output: str | None, check: str | None, postgres: str
) -> None:
    """Draw the tables with their keys and references.

    Replays every migration on a throwaway Postgres, and draws what they make together: columns, keys, and how many
    rows may stand at each end of a foreign key. Partitions are not drawn, nor are views. Of another schema's table
    that --schema leaves out, and a table of the schema refers to, the name is shown.

    \b
    ctb diagram > docs/schema.mermaid
    ctb diagram --schema company --format svg -o company.svg
    ctb diagram -o docs/schemas/
    ctb diagram --check docs/schema.mermaid

    Ends with 1 if --check finds a difference.
    """
    if check is not None and output is not None:
        raise click.UsageError("--output and --check exclude each other: use one of them")
    if check is not None and kind == "svg":
        raise click.UsageError("--check takes Mermaid's text: a picture is another one with each version of Graphviz")
    program = _graphviz() if kind == "svg" else ""
    if output is not None:
        path = Path(output)
        writing.check(path / "schema" if _is_folder(output) else path)
    content = _select(entities(project.schema(postgres)), schemas)

    def draw(part: Entities) -> str:
        return _svg(program, dot(part)) if program else mermaid(part)

    target = output if check is None else check
    if target is None:
        click.echo(draw(content), nl=False)
        return
    wanted = {path: draw(part) for path, part in _files(target, content, kind).items()}
    if check is not None:
        sys.exit(1 if _differs(wanted, Path(check)) else 0)
    for path, text in wanted.items():
        writing.write(path, text.encode())
        click.echo(f"{path}: {len(text.splitlines())} lines")


def _select(content: Entities, schemas: Iterable[str]) -> Entities:
    """The tables of the given schemas, or all. Raises ConfigError where there is none."""
    existing = dict.fromkeys(table.schema for table in content.tables)
    if not existing:
        raise ConfigError("the migrations make no table: there is nothing to draw")
    for schema in schemas:
        if schema not in existing:
            raise ConfigError(f"--schema {schema}: this schema has no table (these have some: {', '.join(existing)})")
    return content.of(set(schemas)) if schemas else content


def _is_folder(target: str) -> bool:
    return Path(target).is_dir() or target.endswith(("/", "\\"))


def _files(target: str, content: Entities, kind: str) -> dict[Path, Entities]:
    """The content of each file: in a folder there is one for all tables, and one for each schema."""
    path = Path(target)
    if not _is_folder(target):
        return {path: content}
    schemas = dict.fromkeys(table.schema for table in content.tables if table.columns)
    by_schema = {path / f"schema.{quote(schema, safe=' ')}.{kind}": content.of({schema}) for schema in schemas}
    return {path / f"schema.{kind}": content} | by_schema


def _differs(wanted: dict[Path, str], target: Path) -> bool:
    """Print how the files differ from the wanted ones; returns whether any does."""
    obsolete = sorted(set(target.glob("schema.*.mermaid")) - set(wanted)) if target.is_dir() else []
    for path in obsolete:
        click.echo(f"{path}: no table is in that schema any more")
    differs = bool(obsolete)
    for path, text in wanted.items():
        if not path.is_file():
            click.echo(f"{path}: is not there")
            differs = True
            continue
        try:
            existing = read_text(path)
        except UnicodeDecodeError as error:
            raise ConfigError(f"{path}: is not UTF-8, so `ctb diagram` did not write it") from error
        before, after = existing.splitlines(keepends=True), text.splitlines(keepends=True)
        patch = "".join(difflib.unified_diff(before, after, str(path), "what the migrations make"))
        show_patch(patch)
        differs = differs or bool(patch)
    return differs


def _graphviz() -> str:
    program = shutil.which("dot")
    if program is None:
        raise ConfigError(
            "--format svg needs Graphviz, and no program dot is on the PATH: install it (apt-get install graphviz, "
            "brew install graphviz), or leave --format away: Mermaid's text needs nothing"
        )
    return program


def _svg(program: str, text: str) -> str:
    """The SVG that Graphviz draws. Raises ConfigError with its message where it draws none."""
    try:
        done = subprocess.run(
            [program, "-Tsvg"], input=text.encode(), capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise ConfigError(f"{program}: gave no picture in {_SECONDS} seconds; try one --schema at a time") from error
    if done.returncode:
        raise ConfigError(f"{program}: {done.stderr.decode(errors='replace').strip() or 'gave no picture'}")
    return done.stdout.decode()
