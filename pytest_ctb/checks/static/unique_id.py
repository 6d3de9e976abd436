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
    own = case.migration.header_field(_FIELD)
    if own is None or not own.value:
        return
    others = [
        f"{one.path}:{theirs.position.line}"
        for one in _by_id(case.repository).get(own.value.upper(), ())
        if one.path != case.subject and (theirs := one.header_field(_FIELD))
    ]
    if others:
        yield case.finding(own.position, f"the Unique ID {own.value} is also that of {', '.join(others)}")


@lru_cache(maxsize=1)
def _by_id(repository: Repository) -> Mapping[str, list[Migration]]:
    found: dict[str, list[Migration]] = defaultdict(list)
    for one in (*repository.migrations, *repository.bases):
        own = one.header_field(_FIELD)
        if own and own.value:
            found[own.value.upper()].append(one)
    return found
