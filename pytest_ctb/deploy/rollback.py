"""Roll back the migration that was applied last, by its rollback instructions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from operator import attrgetter

from pytest_ctb.deploy.execution import find_unsendable
from pytest_ctb.deploy.file_run import Outcome, digest
from pytest_ctb.deploy.file_status import Status, decision_message, file_statuses
from pytest_ctb.deploy.ledger_entry import IN_DATABASE, LedgerEntry
from pytest_ctb.deploy.run import DeployRun, record_schema
from pytest_ctb.errors import LiveError
from pytest_ctb.model import Migration, Repository, Rollback, Statement, Tool
from pytest_ctb.model.misspelt import did_you_mean
from pytest_ctb.replay.session.transactions import fits_inside
from pytest_ctb.repository.migration import parse_migration
from pytest_ctb.repository.parts import sent


@dataclass(frozen=True)
class RollbackPlan:
    """The rollback of one migration, ready to be shown and run."""

    path: str
    rollback: Rollback
    statements: tuple[Statement, ...]
    note: str = ""
    """A remark for the user on where the instructions come from; empty where they stand in the file as applied."""


def plan_rollback(repository: Repository, entries: Mapping[str, LedgerEntry], path: str) -> RollbackPlan:
    """The rollback of a migration. Raises LiveError where it was not applied last, or has no instructions."""
    entry = entries.get(path)
    if entry is None or entry.state not in IN_DATABASE:
        applied = [file for file, other in entries.items() if other.state in IN_DATABASE]
        hint = "" if entry or path in repository.by_path else did_you_mean(path, applied)
        state = f" ({entry.state})" if entry else ""
        raise LiveError(f"{path}: it is not applied{state}, so there is nothing to roll back{hint}")
    last = max((applied for applied in entries.values() if applied.state in IN_DATABASE), key=attrgetter("number"))
    if last.file != path:
        raise LiveError(f"{path}: {last.file} was applied after it; newest first: ctb rollback {last.file}")
    undecided = [file for file in file_statuses(repository, entries) if file.status is Status.UNDECIDED]
    if undecided:
        raise LiveError(decision_message(undecided[0]))
    migration, note = _as_applied(repository, entry)
    block = migration.rollbacks[0] if migration.rollbacks else None
    if block is None:
        raise LiveError(f"{path}: it has no rollback instructions (CT06)")
    if block.none:
        raise LiveError(
            f"{path}:{block.position.line}: it cannot be rolled back, because {block.because or 'the file says so'}"
        )
    return RollbackPlan(path, block, _enclosed(path, block), note)


def _as_applied(repository: Repository, entry: LedgerEntry) -> tuple[Migration, str]:
    """The migration as it was applied, and a remark where the file has changed since."""
    migration = repository.by_path.get(entry.file)
    if migration and digest(migration.data) == entry.sha256:
        return migration, ""
    if migration and migration.rollbacks and migration.rollbacks[0].path:
        return migration, "the file has changed since it was applied; what takes it back stands in a file of its own"
    if migration is not None and migration.tool.file_name_form:
        raise LiveError(f"{entry.file}: changed since it was applied; give it back its text (git), then roll it back")
    what = "changed" if migration else "gone"
    note = f"the file is {what} since it was applied: these are the instructions that it had then, kept in the ledger"
    return parse_migration(entry.content, entry.file), note


def _enclosed(path: str, block: Rollback) -> tuple[Statement, ...]:
    """The statements of the instructions, in one transaction where they have none and Postgres allows it."""
    statements = block.statements
    if not statements:
        raise LiveError(f"{path}:{block.position.line}: the rollback instructions are not SQL that parses (CT06)")
    for statement in statements:
        if statement.problem:
            why = statement.problem.message
            raise LiveError(f"{path}:{statement.position.line}: the rollback instructions cannot be run: {why}")
    if unsendable := find_unsendable(statements):
        statement, why = unsendable
        raise LiveError(f"{path}:{statement.position.line}: the rollback instructions cannot be run: {why}")
    has_transaction = any(statement.control for statement in statements)
    return (
        statements
        if has_transaction or not fits_inside(statements)
        else sent(statements, Tool(adds_transaction=True), None)
    )


def roll_back(run: DeployRun, plan: RollbackPlan, no_check: str) -> Outcome:
    """Run the rollback; where none of it took effect, the migration stays applied."""
    entry = replace(run.entries[plan.path], no_check=no_check or run.entries[plan.path].no_check)
    known = run.ledger.recorded_schema()
    is_current = known is not None and known.event == run.ledger.last_event()
    outcome = run.runner.run(entry, plan.statements, back=True)
    run.entries[plan.path] = outcome.entry
    if known and is_current:
        record_schema(run, known.others)
    return outcome
