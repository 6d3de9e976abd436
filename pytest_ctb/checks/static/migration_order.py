"""CT17: files of one date have an order in which each finds what it needs."""

from collections.abc import Iterator

from pytest_ctb.checks import Case, NoOptions, Scope, check
from pytest_ctb.model import Finding, HeaderField, Need, Position


@check("migration-order", scope=Scope.FILES)
def migration_order(case: Case[NoOptions]) -> Iterator[Finding]:
    """Report each cycle that the file is part of, and each `-- Depends on:` that names no file."""
    order = case.repository.order
    for path, line in order.unknown:
        if path == case.subject:
            yield case.finding(line.position, f"Depends on: {line.value!r} {_unknown(case, line)}", instead="")
    if case.subject in order.unlisted:
        message = f"is not listed in {order.order_file}, which fixes the order: it runs after all files of that list"
        yield case.finding(Position(1, 1), message, instead="ctb order --write")
    for clash in order.clashes:
        if case.subject in clash:
            others = ", ".join(path for path in clash if path != case.subject)
            tool = case.migration.tool
            result = f"{tool.name} {tool.same_version or 'refuses both'}"
            if tool.is_psql:
                result = "which of them comes first is not said"
            message = f"has the version {case.migration.version}, as {others}: {result}"
            yield case.finding(Position(1, 1), message, instead="")
    for cycle in order.cycles:
        if case.subject in cycle:
            yield _of_cycle(case, cycle)


def _of_cycle(case: Case[NoOptions], cycle: tuple[str, ...]) -> Finding:
    """The finding of a file in a cycle. Only the last file is offered a `Depends on`: offered to all, it is a cycle."""
    start = cycle.index(case.subject)
    around = [*cycle[start:], *cycle[:start], case.subject]
    need = next(
        (need for need in case.repository.order.needs if need.user == around[0] and need.maker == around[1]), None
    )
    message = f"these files have no order that works, since each needs the next: {' -> '.join(around)}"
    last = max(cycle, key=[migration.path for migration in case.repository.migrations].index)
    if need is None:
        message += f": take the file name out of the line `Depends on`, here or in {around[1]}"
    else:
        message += f": this file uses {need.what} of {need.maker}"
        if case.subject != last:
            message += "; move that statement into a file behind both"
    if need is None or case.subject != last:
        return case.finding(_where(case, need), message, instead="")
    return case.finding(_where(case, need), message, other=around[1])


def _unknown(case: Case[NoOptions], line: HeaderField) -> str:
    name = line.value.rpartition("/")[2]
    paths = [migration.path for migration in case.repository.migrations if migration.name == name]
    if paths == [case.subject]:
        return "is this file itself"
    return f"may be any of {', '.join(paths)}: give its folder too" if paths else "is no migration"


def _where(case: Case[NoOptions], need: Need | None) -> Position:
    if need:
        return need.position
    depends_on = case.migration.depends_on
    return depends_on[0].position if depends_on else Position(1, 1)
