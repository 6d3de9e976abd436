"""`ctb init`: see what a repository has, write the settings for it, and run the suite once."""

from __future__ import annotations

import json
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

import click

from pytest_ctb import __version__
from pytest_ctb.cli.baseline import baseline
from pytest_ctb.cli.project import Project, find
from pytest_ctb.cli.suite import run_suite
from pytest_ctb.config import ini
from pytest_ctb.config.packaged import default_profile, profile_of
from pytest_ctb.errors import ConfigError, NoServerError
from pytest_ctb.postgres import preludes
from pytest_ctb.report import counted
from pytest_ctb.repository import writing
from pytest_ctb.repository.layouts import AUTO, DEFAULT, Folder, usual_folders
from pytest_ctb.repository.paths import relative
from pytest_ctb.repository.recognised import recognise
from pytest_ctb.sql import is_guarded

_SKIPPED = {"node_modules", "venv", "site-packages", "vendor", "build", "dist"}
_CODE = {"alembic.ini": "alembic", "manage.py": "django"}
"""The files that show a tool whose migrations are code, with the value of `ctb_source` for it."""
_FOUND = "ctb_migrations"
"""The key that is written only where the command names the folder: a folder that is found without it stays so."""
_PARAMETERS = {"ctb_migrations": "folders", "ctb_rules": "rules"}
"""The parameters of `ctb` by the key that says the same."""
_WITHOUT_TOOL = {"numbered"}
"""The layouts that say nothing about what applies the files."""
_LONG = 10
"""This many files or statements show a habit."""
_MOSTLY = 0.9
_NAMES = {"migrations", "migration", "migrate"}
"""The names that a folder of migrations has wherever it lies."""
_NAMED = 5
"""How many folders a message names."""
_GITHUB = """\
name: ctb

on:
  push:
  pull_request:

permissions:
  contents: read

jobs:
  ctb:
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false
      - run: python3 -m venv .venv-ctb
      - run: .venv-ctb/bin/python -m pip install --quiet "{requirement}"
      - run: .venv-ctb/bin/python -m pytest --ctb
"""
_GITLAB = """\
ctb:
  image: python:3.13-slim
  script:
    - python -m pip install --quiet "{requirement}"
    - python -m pytest --ctb
"""


class Setting(NamedTuple):
    """One thing that was seen: the value, and why; with the ini key that says so, if one is needed."""

    name: str
    value: str
    why: str
    key: str = ""
    written: str = ""
    """What is written behind the key, if that is not the value alone."""

    @property
    def text(self) -> str:
        """The value of the key, in lines."""
        return self.written or self.value


@click.command("init")
@click.pass_context
def init(context: click.Context) -> None:
    """Set up a repository: see what is there, write the settings, run the suite once.

    Looks for the folder of migrations, the layout of their tool, whether they follow the CTB guide, which Postgres is
    there, and which CI. Writes pytest.ini and the workflow of CI, shows why, and runs `pytest --ctb`. No file that
    exists is changed: what would be added to it is shown. Asks one thing, and only on a terminal: whether the
    findings of today are to be known from now on (`ctb baseline`).

    \b
    ctb init
    ctb --migrations db/changes init

    Ends with 2 if no migration is found, or the suite did not come to its end.
    """
    project: Project = context.obj
    parameters = context.find_root().params
    given = {key for key, name in _PARAMETERS.items() if parameters[name]}
    if not project.config.is_set(_FOUND) and (folders := _elsewhere(project)):
        project = find(Path.cwd(), map(str, folders), parameters["rules"])
        given.add(_FOUND)
    settings = list(_settings(project))
    width = max(len(setting.value) for setting in settings)
    for setting in settings:
        click.echo(f"{setting.name:<10}  {setting.value:<{width}}  {setting.why}")
    click.echo()
    lacking = [
        setting
        for setting in settings
        if setting.key in given or (setting.key and not project.config.is_set(setting.key) and setting.key != _FOUND)
    ]
    configured = _write_ini(project, lacking)
    _write_ci(project.root)
    click.echo()
    arguments = [
        part for setting in lacking if setting.key != _FOUND for part in ("-o", f"{setting.key}={setting.text}")
    ]
    if source := next((setting.value for setting in settings if setting.key == "ctb_source"), ""):
        project = replace(
            project, config=replace(project.config, values={**project.config.values, "ctb_source": source})
        )
    report = run_suite(project, arguments, "the settings are as shown above")
    known = project.config.baseline.is_file()
    new = _show(report)
    if not new or known:
        click.echo("Next: write a migration, then pytest --ctb")
    elif not configured:
        click.echo(
            "Next: add the lines above, then `ctb baseline`: it writes down what is known, and only new ones fail"
        )
    elif sys.stdin.isatty() and click.confirm("Write these down as known, so that only new ones fail?", default=True):
        context.obj = find(Path.cwd())
        context.invoke(baseline)  # it reads the settings that are written now
    else:
        click.echo("Next: `ctb baseline` writes these down as known, and from then on only new ones fail")


def _settings(project: Project) -> Iterator[Setting]:
    """What is seen in the repository. Raises ConfigError where it has no migrations."""
    config, root = project.config, project.root
    names = {folder: _names(folder) for folder in config.migrations}
    source = config.source or next((name for file, name in _CODE.items() if (root / file).is_file()), "")
    if source and not any(names.values()):
        why = next((f"{file} is there" for file, name in _CODE.items() if name == source), "the ini file says so")
        yield Setting("source", source, f"{why}: it prints the SQL of each migration", "ctb_source")
        yield from _around(project)
        return
    if not any(names.values()):
        others = [relative(root, folder) for folder in _folders_with_sql(root)]
        seen = f"; .sql files are in {', '.join(others[:_NAMED])}" if others else ""
        where = ", ".join(relative(root, folder) for folder in config.migrations)
        raise ConfigError(f"no migrations in {where}{seen}. Say where: ctb --migrations DIR init")
    shown = " ".join(relative(root, folder) for folder in config.migrations)
    yield Setting("migrations", shown, counted(sum(map(len, names.values())), "SQL file"), _FOUND)
    layout, why = _layout(project, *next(entry for entry in names.items() if entry[1]))
    habits = [] if config.is_set("ctb_layout") or layout not in _WITHOUT_TOOL else list(_habits(project))
    yield Setting(
        "layout", layout, why, "ctb_layout", "\n".join([layout, *(habit.value for habit in habits if habit.value)])
    )
    yield from habits
    if layout in preludes.NAMES:
        yield Setting("platform", layout, "what it has before any migration is made first", "ctb_prelude")
    yield from _around(project)


def _habits(project: Project) -> Iterator[Setting]:
    """What a long history never does: each is a line of `ctb_layout`, which switches off the guidelines about it.

    Files that no tool is known of are applied by a program of the team, which keeps a ledger or does not.
    """
    migrations = project.history.migrations
    guards = [is_guarded(statement) for migration in migrations for statement in migration.statements]
    creations, unguarded = len(guards) - guards.count(None), guards.count(False)
    if len(migrations) < _LONG or default_profile(project.root, project.config.migrations) == "ctb":
        return
    if creations >= _LONG and unguarded >= _MOSTLY * creations:
        why = f"{unguarded} of {counted(creations, 'CREATE')} have no IF NOT EXISTS: no file is run twice"
        yield Setting("", "runs: once", why)
    if not any(migration.rollbacks for migration in migrations):
        yield Setting("", "down: none", f"none of {counted(len(migrations), 'file')} has a way back")
    if not any(statement.command for migration in migrations for statement in migration.statements):
        yield Setting(
            "", "", "no BEGIN: does your program begin a transaction for each file? Then add the line transaction: file"
        )


def _around(project: Project) -> Iterator[Setting]:
    """What is seen beside the migrations: guidelines, Postgres, CI."""
    config, root = project.config, project.root
    profile = default_profile(root, config.migrations)
    headed = "a migration has a CTB header" if profile == "ctb" else "no migration has a CTB header"
    if config.own_rules and profile_of(config.own_rules):
        yield Setting("guidelines", relative(root, config.own_rules), "its _profile.yml says which")
    else:
        own = f"; {relative(root, config.own_rules)}/ adds to it" if config.own_rules else ""
        yield Setting("guidelines", config.profile_name if config.profile else profile, f"{headed}{own}", "ctb_rules")
    yield _postgres(project)
    ci = {".github": "GitHub", ".gitlab-ci.yml": "GitLab"}
    seen_ci = {path: name for path, name in ci.items() if (root / path).exists()}
    if seen_ci:
        yield Setting("CI", " and ".join(seen_ci.values()), f"there is {' and '.join(seen_ci)}")


def _elsewhere(project: Project) -> Sequence[Path]:
    """A tool's usual folder where those that pytest would take hold no SQL; else the folder named `migrations`."""
    if any(_names(folder) for folder in project.config.migrations):
        return ()
    usual = [folder for folder in usual_folders(project.root, AUTO) if _names(folder)]
    named = [folder for folder in _folders_with_sql(project.root) if folder.name in _NAMES]
    return usual or (named if len(named) == 1 else ())


def _folders_with_sql(root: Path) -> Iterator[Path]:
    for folder in sorted(path for path in root.glob("*") if path.is_dir()):
        if folder.name not in _SKIPPED and not folder.name.startswith("."):
            if any(folder.glob("*.sql")):
                yield folder
            yield from _folders_with_sql(folder)


def _names(folder: Path) -> tuple[str, ...]:
    """The paths of the SQL files below a folder."""
    return tuple(sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.sql") if file.is_file()))


def _layout(project: Project, folder: Path, names: tuple[str, ...]) -> tuple[str, str]:
    """The name of the layout, and why it is that."""
    config = project.config
    if config.is_set("ctb_layout"):
        return config.layout, "the ini file says so"
    if config.layout != DEFAULT:
        return config.layout, "its plan is there" if folder == project.root else "its folder is named so"
    try:
        layout, why = recognise(Folder(project.root, folder, names))
    except ConfigError as error:
        return DEFAULT, f"no tool's for sure: {str(error).removeprefix('--ctb-layout auto: ')}"
    return layout.name, why.partition("; not ")[0]


def _postgres(project: Project) -> Setting:
    """The place of Postgres: the wheel where it is installed, as it is the same for everybody."""
    from pytest_ctb.postgres import Wanted, choose  # noqa: PLC0415  # with the driver; most commands need no server

    config = project.config
    if config.is_set("ctb_postgres"):
        return Setting("Postgres", str(config.values["ctb_postgres"]), "the ini file says so", "ctb_postgres")
    for place, why in (("embedded", "the same for everybody"), ("auto", "found on this machine")):
        try:
            offer = choose(Wanted(place)).offer
        except NoServerError as error:
            missing = error
        else:
            return Setting("Postgres", place, f"{offer.place} {offer.version} ({offer.detail}), {why}", "ctb_postgres")
    raise missing


def _write_ini(project: Project, settings: Sequence[Setting]) -> bool:
    """Write the settings to a new pytest.ini, or show what to add to the file that configures pytest.

    Returns whether the settings are in force now.
    """
    there = ini.find(project.root).file
    if not settings:
        click.echo(f"{relative(project.root, there) if there else 'pytest.ini'}: has all of this already")
        return True
    if there is None:
        text = "[pytest]\n" + "".join(f"{_ini(setting)}\n" for setting in settings)
        writing.make(project.root / "pytest.ini", text.encode())
        click.echo(f"pytest.ini: written\n{textwrap.indent(text, '    ').rstrip()}")
        return True
    name = relative(project.root, there)
    quoted = there.suffix == ".toml"
    lines = [f"{setting.key} = {_toml(setting)}" if quoted else _ini(setting) for setting in settings]
    click.echo(f"{name}: there already, so nothing is written; add to what it says to pytest:")
    click.echo(textwrap.indent("\n".join(lines), "    "))
    return False


def _ini(setting: Setting) -> str:
    """A setting as a line of an ini file, or several."""
    if "\n" in setting.text:
        return f"{setting.key} =\n{textwrap.indent(setting.text, '    ')}"
    return f"{setting.key} = {setting.text}"


def _toml(setting: Setting) -> str:
    """A value as TOML: folders are a list, all else is a text."""
    return json.dumps(setting.text.split() if setting.key == "ctb_migrations" else setting.text, ensure_ascii=False)


def _write_ci(root: Path) -> None:
    """Write the workflow of GitHub, or show what to add to the file of GitLab."""
    if (root / ".github").is_dir():
        file, text = root / ".github" / "workflows" / "ctb.yml", _GITHUB.format(requirement=_requirement())
        if file.exists():
            click.echo(f"{relative(root, file)}: there already, so nothing is written")
        else:
            writing.make(file, text.encode())
            click.echo(f"{relative(root, file)}: written; it runs pytest --ctb for each pull request")
            click.echo(f"    it installs {_requirement()}: say there where else your team has it")
    if (root / ".gitlab-ci.yml").is_file():
        text = textwrap.indent(_GITLAB.format(requirement=_requirement()), "    ").rstrip()
        click.echo(f".gitlab-ci.yml: there already, so nothing is written; add:\n{text}")


def _requirement() -> str:
    """What pip installs elsewhere: this version, from the git repository where it was installed from one."""
    source = json.loads(metadata.distribution("pytest-ctb").read_text("direct_url.json") or "{}")
    git = source.get("vcs_info", {})
    if git:
        return f"pytest-ctb[embedded] @ git+{source['url']}@{git['commit_id']}"
    return f"pytest-ctb[embedded]=={__version__}"


def _show(report: Any) -> bool:
    """Print how many findings each guideline has. Returns whether one of them fails its test."""
    new = [finding for finding in report["findings"] if finding["status"] == "new"]
    summary = ", ".join(f"{number} {outcome}" for outcome, number in report["summary"].items() if number)
    click.echo(f"pytest --ctb: {summary}")
    counts = Counter((finding["level"], finding["code"], finding["guideline"]) for finding in new)
    for (level, code, name), number in sorted(counts.items()):
        click.echo(f"    {number:>4}  {code} {name}{' (warning)' if level == 'warning' else ''}")
    return any(finding["level"] == "error" for finding in new)
