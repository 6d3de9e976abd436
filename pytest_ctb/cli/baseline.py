"""`ctb baseline`: record the present findings, so that only new ones fail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import click

from pytest_ctb.cli.project import Project
from pytest_ctb.cli.suite import run_suite
from pytest_ctb.errors import ConfigError
from pytest_ctb.model import BaselineEntry, Finding, Migration
from pytest_ctb.report import counted
from pytest_ctb.report.json import from_dict
from pytest_ctb.repository import baseline as baselines
from pytest_ctb.repository import writing
from pytest_ctb.repository.paths import relative

_ITSELF = {"stale-baseline", "unused-allow"}
"""Guidelines about exceptions, whose findings never enter a baseline."""


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--prune", is_flag=True, help="Take out what is not found any more.")
@click.option("--update", is_flag=True, help="Add what is new; needs --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is added; kept in the file.")
@click.argument("arguments", nargs=-1, metavar="[-- PYTEST ARGUMENTS]")
@click.pass_obj
def baseline(project: Project, prune: bool, update: bool, reason: str, arguments: tuple[str, ...]) -> None:
    """Write down today's findings, so that only new ones fail.

    Runs `pytest --ctb` and writes what it finds to ctb-baseline.json (`ctb_baseline` in the ini file), one line each.
    From then on these are known (xfailed), and a new one fails. The file only gets shorter: what was put right is
    reported until --prune takes it out; to add something takes --update and a reason.

    \b
    ctb baseline
    ctb baseline --prune
    ctb baseline --update --reason "the import of 2025 comes as it is"
    ctb baseline -- -n 2 --ctb-postgres docker

    Ends with 2 if the run had errors, or there is a baseline already and nothing says what to do with it.
    """
    there = project.config.baseline.is_file()
    name = relative(project.root, project.config.baseline)
    known = baselines.load(project.root, project.config.baseline).entries if there else ()
    if there and not prune and not update:
        raise ConfigError(f"{name} exists already: --prune removes stale entries, --update --reason TEXT adds new ones")
    if update and not reason:
        raise click.UsageError("--update needs --reason TEXT, which the baseline keeps")
    writing.check(project.config.baseline)
    report = run_suite(project, arguments, "nothing was written")
    findings = [from_dict(values) for values in report["findings"]]
    entries = _pruned(project, known, findings) if prune else known
    if update or not there:
        new = [finding for finding in findings if finding.status == "new" and finding.guideline not in _ITSELF]
        entries = (*entries, *baselines.entries(((finding, _file(project, finding)) for finding in new), reason))
    writing.write(project.config.baseline, baselines.dump(entries).encode())
    before, after = (sum(entry.count for entry in listed) for listed in (known, entries))
    click.echo(f"{name}: {after} known" + (f" ({after - before:+})" if there else ""))
    if report["summary"]["skipped"]:
        count = report["summary"]["skipped"]
        skipped = f"{counted(count, 'check')} {'was' if count == 1 else 'were'} skipped"
        click.echo(f"{skipped}; {'its' if count == 1 else 'their'} findings are not in the baseline.", err=True)


def _file(project: Project, finding: Finding) -> Migration | None:
    return project.repository.by_path.get(finding.file)


def _pruned(project: Project, known: Iterable[BaselineEntry], findings: Sequence[Finding]) -> tuple[BaselineEntry, ...]:
    """The entries without those that the run found stale; one that could not be judged stays."""
    stale = {finding.line for finding in findings if finding.guideline == "stale-baseline"}
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if finding.status != "allowed":
            grouped.setdefault((baselines.file_of(finding), finding.guideline), []).append(finding)
    groups: dict[tuple[str, str], list[BaselineEntry]] = {}
    for entry in known:
        groups.setdefault((entry.file, entry.guideline), []).append(entry)
    gone: dict[int, int] = {}
    for key, entries in groups.items():
        in_group = grouped.get(key, [])
        _, unused = baselines.matched(in_group, _file(project, in_group[0]) if in_group else None, entries)
        gone |= {entry.line: entry.count for entry in unused if entry.line in stale}
    kept = (replace(entry, count=entry.count - gone.get(entry.line, 0)) for entry in known)
    return tuple(entry for entry in kept if entry.count)
