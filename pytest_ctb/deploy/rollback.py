"""Taking back the file that was applied last, by its rollback instructions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pytest_ctb.deploy.course import cannot
from pytest_ctb.deploy.entry import THERE, Entry
from pytest_ctb.deploy.migrate import Outcome, digest
from pytest_ctb.deploy.run import Run, leave
from pytest_ctb.deploy.standing import Stand, standings, what_to_decide
from pytest_ctb.errors import LiveError
from pytest_ctb.model import Migration, Repository, Rollback, Statement, Tool
from pytest_ctb.replay.session.transactions import fits_inside
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.repository.parts import sent


@dataclass(frozen=True)
class Way:
    """The way back of one file."""

    path: str
    rollback: Rollback
    statements: tuple[Statement, ...]
    note: str = ""
    """What a person should know of where it comes from."""


def way(repository: Repository, entries: Mapping[str, Entry], path: str) -> Way:
    """The rollback instructions of the file that was applied last. Raises LiveError where there is none, or another."""
    entry = entries.get(path)
    if entry is None or entry.state not in THERE:
        raise LiveError(
            f"{path}: it is not applied{f' ({entry.state})' if entry else ''}, so there is nothing to take back"
        )
    last = max((one for one in entries.values() if one.state in THERE), key=lambda one: one.number)
    if last.file != path:
        raise LiveError(f"{path}: {last.file} was applied after it; newest first: ctb rollback {last.file}")
    undecided = [one for one in standings(repository, entries) if one.stand is Stand.UNDECIDED]
    if undecided:
        raise LiveError(what_to_decide(undecided[0]))
    migration, note = _text(repository, entry)
    block = migration.rollbacks[0] if migration.rollbacks else None
    if block is None:
        raise LiveError(f"{path}: it has no rollback instructions (CT06)")
    if block.none:
        raise LiveError(
            f"{path}:{block.position.line}: it cannot be taken back, because {block.because or 'the file says so'}"
        )
    return Way(path, block, _enclosed(path, block), note)


def _text(repository: Repository, entry: Entry) -> tuple[Migration, str]:
    """The file as it was applied, whatever it is now."""
    found = repository.by_path.get(entry.file)
    if found and (digest(found.data) == entry.sha256 or (found.rollbacks and found.rollbacks[0].path)):
        changed = digest(found.data) != entry.sha256
        return (
            found,
            "the file has changed since it was applied; what takes it back stands in a file of its own"
            if changed
            else "",
        )
    if found is not None and found.tool.form:
        raise LiveError(f"{entry.file}: changed since it was applied; give it back its text (git), then roll it back")
    what = "changed" if found else "gone"
    note = f"the file is {what} since it was applied: these are the instructions that it had then, kept in the ledger"
    return parse_migration(entry.content, entry.file), note


def _enclosed(path: str, block: Rollback) -> tuple[Statement, ...]:
    """The instructions as they stand; in one transaction where they bring none and Postgres takes them in one."""
    statements = block.statements
    if not statements:
        raise LiveError(f"{path}:{block.position.line}: the rollback instructions are not SQL that parses (CT06)")
    for one in statements:
        if one.problem:
            raise LiveError(
                f"{path}:{one.position.line}: the rollback instructions cannot be run: {one.problem.message}"
            )
    if found := cannot(statements):
        raise LiveError(f"{path}:{found[0].position.line}: the rollback instructions cannot be run: {found[1]}")
    frames = any(statement.control for statement in statements)
    return statements if frames or not fits_inside(statements) else sent(statements, Tool(wraps=True), None)


def take_back(run: Run, one: Way, no_check: str) -> Outcome:
    """Run the instructions; where nothing of them happened the file is applied as before."""
    entry = replace(run.entries[one.path], no_check=no_check or run.entries[one.path].no_check)
    known = run.ledger.known()
    fresh = known is not None and known.event == run.ledger.event()
    outcome = run.migrate.run(entry, one.statements, back=True)
    run.entries[one.path] = outcome.entry
    if known and fresh:
        leave(run, known.others)
    return outcome
