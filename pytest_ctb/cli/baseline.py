"""`ctb baseline`: what is known today, written down so that only what is new fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.cli.suite import run_suite
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import Entry, Finding, Level, Migration
from pytest_ctb.report import counted
from pytest_ctb.repository import baseline as baselines
from pytest_ctb.repository import writing
from pytest_ctb.repository.paths import relative

_ITSELF = {"stale-baseline", "unused-allow"}
"""Guidelines about exceptions: knowing a breach of one is no way to put it right."""


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--prune", is_flag=True, help="Take out what is not found any more.")
@click.option("--update", is_flag=True, help="Add what is new; needs --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is added; kept in the file.")
@click.argument("arguments", nargs=-1, metavar="[-- PYTEST ARGUMENTS]")
@click.pass_obj
def baseline(project: Project, prune: bool, update: bool, reason: str, arguments: tuple[str, ...]) -> None:
    """Write down today's findings, so that only new ones fail.

    Runs `pytest --ctb` and writes what it finds to ctb-baseline.json (`ctb_baseline` in the ini file), one line each.
    From then on these are known (xfailed), and a new one fails. The file only gets shorter: what was put right is told
    until --prune takes it out; to add something takes --update and a reason.

    \b
    ctb baseline
    ctb baseline --prune
    ctb baseline --update --reason "the import of 2025 comes as it is"
    ctb baseline -- -n 2 --ctb-postgres docker

    Ends with 2 if the run had errors, or there is a baseline already and nothing says what to do with it.
    """
    there = project.baseline.is_file()
    name = relative(project.root, project.baseline)
    known = baselines.load(project.root, project.baseline).entries if there else ()
    if there and not prune and not update:
        raise ConfigError(
            f"{name} is there already: --prune takes out what is gone, --update --reason TEXT adds what is new"
        )
    if update and not reason:
        raise click.UsageError("--update needs --reason TEXT: it stays in the file, for those who read it later")
    writing.check(project.baseline)
    report = run_suite(project, arguments, "nothing was written")
    findings = [_finding(one) for one in report["findings"]]
    entries = _pruned(project, known, findings) if prune else known
    if update or not there:
        new = [one for one in findings if one.status == "new" and one.guideline not in _ITSELF]
        entries = (*entries, *baselines.entries(((one, _file(project, one)) for one in new), reason))
    writing.write(project.baseline, baselines.dump(entries).encode())
    before, after = (sum(one.count for one in each) for each in (known, entries))
    click.echo(f"{name}: {after} known" + (f" ({after - before:+})" if there else ""))
    if report["summary"]["skipped"]:
        skipped = counted(report["summary"]["skipped"], "test")
        click.echo(f"{skipped} could not be judged: what there is to find is not in it", err=True)


def _finding(values: dict[str, Any]) -> Finding:
    return Finding(**{**values, "level": Level(values["level"])})


def _file(project: Project, finding: Finding) -> Migration | None:
    return project.repository.by_path.get(finding.file)


def _pruned(project: Project, known: Iterable[Entry], findings: Sequence[Finding]) -> tuple[Entry, ...]:
    """The entries without what the run has told to be stale: one that could not be judged stays."""
    stale = {one.line for one in findings if one.guideline == "stale-baseline"}
    found: dict[tuple[str, str], list[Finding]] = {}
    for one in findings:
        if one.status != "allowed":
            found.setdefault((baselines.file_of(one), one.guideline), []).append(one)
    groups: dict[tuple[str, str], list[Entry]] = {}
    for entry in known:
        groups.setdefault((entry.file, entry.guideline), []).append(entry)
    gone: dict[int, int] = {}
    for key, entries in groups.items():
        own = found.get(key, [])
        _, left = baselines.matched(own, _file(project, own[0]) if own else None, entries)
        gone |= {one.line: one.count for one in left if one.line in stale}
    kept = (replace(one, count=one.count - gone.get(one.line, 0)) for one in known)
    return tuple(one for one in kept if one.count)
