"""CT04: the Unique ID of each file, compared with those of all others."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache

from pytest_ctb.checks import Case, NoOptions, Scope, check
from pytest_ctb.model import Finding, Migration, Repository

_FIELD = "Unique ID"


@check("unique-id", scope=Scope.FILES)
def unique_id(case: Case[NoOptions]) -> Iterator[Finding]:
    """Report all files that share an id: only a person knows which of them is the copy."""
    field = case.migration.header_field(_FIELD)
    if field is None or not field.value:
        return
    others = [
        f"{migration.path}:{other.position.line}"
        for migration in _by_id(case.repository).get(field.value.upper(), ())
        if migration.path != case.subject and (other := migration.header_field(_FIELD))
    ]
    if others:
        yield case.finding(field.position, f"the Unique ID {field.value} is also that of {', '.join(others)}")


@lru_cache(maxsize=1)
def _by_id(repository: Repository) -> Mapping[str, list[Migration]]:
    migrations: dict[str, list[Migration]] = defaultdict(list)
    for migration in (*repository.migrations, *repository.bases):
        header_field = migration.header_field(_FIELD)
        if header_field and header_field.value:
            migrations[header_field.value.upper()].append(migration)
    return migrations
