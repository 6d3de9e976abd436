"""CT04: the Unique ID of each file, compared with those of all others."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pytest_ctb.checks import Case, NoOptions, Scope, check
from pytest_ctb.model import Finding, Migration, Repository

_FIELD = "Unique ID"


@check("unique-id", scope=Scope.FILES)
def unique_id(case: Case[NoOptions]) -> Iterator[Finding]:
    """Every file of a shared id is told: only a person knows which of them is the copy."""
    mine = case.migration.header_field(_FIELD)
    if mine is None or not mine.value:
        return
    others = [
        f"{migration.path}:{theirs.position.line}"
        for migration in _by_id(case.repository).get(mine.value.upper(), ())
        if migration.path != case.subject and (theirs := migration.header_field(_FIELD))
    ]
    if others:
        yield case.finding(mine.position, f"the Unique ID {mine.value} is also that of {', '.join(others)}")


@lru_cache(maxsize=1)
def _by_id(repository: Repository) -> Mapping[str, list[Migration]]:
    migrations: dict[str, list[Migration]] = defaultdict(list)
    for migration in (*repository.migrations, *repository.bases):
        header_field = migration.header_field(_FIELD)
        if header_field and header_field.value:
            migrations[header_field.value.upper()].append(migration)
    return migrations
