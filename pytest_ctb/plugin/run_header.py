"""The report header of a run: what is judged, and on which Postgres."""

from __future__ import annotations

import datetime
import shlex
from collections.abc import Sequence

from pytest_ctb.config.packaged import PROFILE, packaged, profile_of
from pytest_ctb.config.settings import Config
from pytest_ctb.errors import CtbError
from pytest_ctb.guide.profiles import not_extended
from pytest_ctb.guide.questions import Suite
from pytest_ctb.model import Guideline, Sizes
from pytest_ctb.plugin.databases import JudgedDatabase
from pytest_ctb.replay.orchestrate import Orchestrator
from pytest_ctb.replay.parts import part
from pytest_ctb.repository.beside import unjudged_beside
from pytest_ctb.repository.paths import relative

_MOST = 6
"""How many entries are shown of what is not judged."""
_OLD = 90
"""After so many days the sizes of tables are taken to be out of date."""


def report_headers(databases: Sequence[JudgedDatabase], since: str | None) -> list[str]:
    """The lines that pytest shows before a run; those of databases with names have the name behind `ctb`."""
    lines = [report_header(database.suite, database.config, database.orchestrator, since) for database in databases]
    if len(databases) == 1 and not databases[0].config.name:
        return lines[0]
    shared = [line for line in lines[0][1:] if lines[1:] and all(line in other for other in lines[1:])]
    names = ", ".join(
        f"{database.config.name} ({', '.join(database.suite.repository.folders)})" for database in databases
    )
    folders = shlex.join(folder for database in databases for folder in database.suite.repository.folders)
    found = any(database.config.found for database in databases)
    all_in_one = f"; if all are of one database: ctb_migrations = {folders}" if found else ""
    head = f"ctb: {_count(databases, 'database')}: {names}{all_in_one}"
    distinct = [
        f"ctb {database.config.name}{line.removeprefix('ctb')}"
        for database, own in zip(databases, lines, strict=True)
        for line in own
        if line not in shared
    ]
    return [head, *distinct, *shared]


def report_header(suite: Suite, config: Config, orchestrator: Orchestrator, since: str | None) -> list[str]:
    """The lines that pytest shows before a run. `since`: the git revision of `--ctb-since`, or None.

    A place of Postgres that was preferred but refused is named with the reason.
    """
    files, bases = [file for file in suite.repository.migrations if file.judged], suite.repository.bases
    bases_text = f", base schema {', '.join(base.path for base in bases)}" if bases else ""
    if suite.repository.consumer_files:
        bases_text += f", {_count(suite.repository.consumers, 'statement')} of downstream code"
    guidelines = f"{_count(suite.guidelines, 'guideline')} ({_sources(suite, config)})"
    lines = [f"ctb: {_count(files, 'migration')}, {guidelines}{bases_text}"]
    if config.found and not config.name and suite.repository.folders != ("migrations",):
        lines.append(f"ctb migrations: {', '.join(suite.repository.folders)} (found, as no setting names their folder)")
    if config.profile_is_default and config.profile_name == "postgres":
        lines.append("ctb profile: postgres, as no migration has a CTB header (ctb_rules = ctb has the whole guide)")
    if not_read := _rules_not_read(config):
        lines.append(f"ctb rules not read: {not_read}")
    if unjudged := _unjudged(suite, config):
        lines.append(f"ctb not judged: {unjudged}")
    if suite.repository.layout:
        lines.append(f"ctb layout: {suite.repository.layout}")
    if others := [file.path for file in suite.repository.migrations if not file.judged]:
        packages = dict.fromkeys(path.rpartition("/")[0] for path in others)
        lines.append(f"ctb applied, not judged: {_count(others, 'migration')} of {', '.join(packages)}")
    if no_sql := [(file.path, problem) for file in files for problem in file.not_sql]:
        path, first = no_sql[0]
        more = f" and {len(no_sql) - 1} more" if len(no_sql) > 1 else ""
        lines.append(f"ctb not judged: no SQL: {path}:{first.position.line}: {first.message}{more} (-rs names all)")
    if suite.needless:
        lines.append(_needless_line(suite.needless))
    if since:
        changed = sum(migration.path in suite.questions for migration in files)
        lines.append(
            f"ctb since {since}: {changed} of {_count(files, 'migration')} changed; the others are only replayed"
        )
    if not (shard := orchestrator.settings.shard).is_whole:
        watched = suite.repository.migrations[slice(*part(suite.repository.migrations, shard))]
        names = f": {watched[0].path} to {watched[-1].path}" if watched else ""
        lines.append(f"ctb shard {shard}: watches {_count(watched, 'migration')}{names}; ctb merge judges all shards")
    if sizes := suite.repository.sizes:
        lines.append(sizes_line(sizes, datetime.datetime.now(tz=datetime.UTC).date()))
    try:
        choice = orchestrator.choice
    except CtbError:
        return [*lines, "ctb postgres: none (only -m ctb_static can run)"]
    refused = "".join(f"; not {refusal.place}: {refusal.reason}" for refusal in choice.refusals)
    without = f" without {', '.join(choice.offer.lacks)}" if choice.offer.lacks else ""
    version = f"{choice.offer.version}, " if choice.offer.version else ""
    lines.append(f"ctb postgres: {version}{choice.offer.place} ({choice.offer.detail}){without}{refused}")
    if choice.offer.stand_ins:
        names = ", ".join(choice.offer.stand_ins)
        lines.append(f"ctb stand-ins: {names} (plain SQL for what this server lacks; ctb_stand_ins = off refuses)")
    return lines


def sizes_line(sizes: Sizes, today: datetime.date) -> str:
    """From when the sizes of tables are, and whether they are too old."""
    days = (today - sizes.date).days
    line = f"ctb sizes: {_count(list(sizes.tables), 'table')} as of {sizes.date} ({sizes.path})"
    if days <= _OLD:
        return line
    return f"{line}; WARNING: {days} days old, tables may have grown since: ctb sizes > {sizes.path}"


def _unjudged(suite: Suite, config: Config) -> str:
    """The SQL files beside folders that no setting names; empty where there are none."""
    if not config.found:
        return ""
    judged = {config.root / path for path in suite.repository.by_path} | {path for path, _ in config.preludes}
    folders = [f"{relative(config.root, folder)} (ctb_migrations takes it)" for folder in config.not_taken]
    return _few([*folders, *unjudged_beside(config.root, (*config.migrations, *config.not_taken), judged)])


def _rules_not_read(config: Config) -> str:
    """The YAML files below the repository's folder of guidelines that apply to nothing; empty where there are none."""
    if config.own_rules is None or config.own_rules.samefile(packaged()):
        return ""
    files = not_extended(config.root, config.own_rules)
    if not files:
        return ""
    first, profile = files[0].parent.relative_to(config.own_rules), profile_of(config.own_rules)
    file = relative(config.root, profile or config.own_rules / f"{PROFILE}.yml")
    kept = "" if profile else f"{config.profile_name}, "
    entry = f"…, ./{first}" if profile else f"./{first}"
    return f"{_few([relative(config.root, path) for path in files])} ({file} takes a folder: extends: [{kept}{entry}])"


def _few(entries: Sequence[str]) -> str:
    more = f", and {len(entries) - _MOST} more" if len(entries) > _MOST else ""
    return f"{', '.join(entries[:_MOST])}{more}"


def _needless_line(needless: Sequence[tuple[Guideline, str]]) -> str:
    """Which guidelines the tool makes needless, and how to ask for one all the same."""
    by_reason: dict[str, list[str]] = {}
    for guideline, why in needless:
        by_reason.setdefault(why, []).append(f"{guideline.code} {guideline.id}")
    listed = "; ".join(f"{', '.join(names)} ({why})" for why, names in by_reason.items())
    return f"ctb off: {listed}; --ctb-also {needless[0][0].code} judges it all the same"


def _sources(suite: Suite, config: Config) -> str:
    """Where the guidelines come from: `postgres`, or `13 of postgres, 2 of rules/`."""
    if config.own_rules is None:
        return config.profile_name
    folder, file = relative(config.root, config.own_rules), profile_of(config.own_rules)
    under = relative(config.root, file) if file else config.profile_name
    own = sum(guideline.path.startswith(f"{folder}/") and guideline.path != under for guideline in suite.guidelines)
    counts = {under: len(suite.guidelines) - own, f"{folder}/": own}
    sources = [(source, count) for source, count in counts.items() if count]
    return ", ".join(f"{count} of {source}" for source, count in sources) if len(sources) > 1 else sources[0][0]


def _count(things: Sequence[object], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"
