"""CT07: every statement that has an IF [NOT] EXISTS or OR REPLACE form uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pytest_ctb.checks import Case, check, own_statements
from pytest_ctb.model import Edit, Finding, Migration, Statement, lines
from pytest_ctb.sql import UNKNOWN, Unguarded, created, dropped, functions_called, place, relation, routines, unguarded

_ROUTINES = ("FUNCTION", "PROCEDURE", "ROUTINE")
_CREATE_ROUTINE = {"CREATE FUNCTION", "CREATE PROCEDURE"}
_CALLING = {"SELECT", "SELECT INTO", "CALL", "INSERT", "UPDATE", "DELETE", "MERGE", "DO"}
_LONGEST = 12
"""How many lines of a statement are shown whole."""


@dataclass(frozen=True)
class Options:
    """Kinds of statement that are left alone, by their words: `CREATE INDEX`, say."""

    except_for: tuple[str, ...] = ()


@check("if-not-exists", options=Options)
def if_not_exists(case: Case[Options]) -> Iterator[Finding]:
    """Ask the parse tree of each statement that runs for its guard.

    The guard that counts is the one that makes a second run harmless, so `ALTER TABLE t ADD COLUMN IF NOT EXISTS` needs
    no `ALTER TABLE IF EXISTS`: that would hide that the table is missing. A DROP IF EXISTS before it is a guard too,
    and so is an IF or an EXCEPTION around it in a body. What is temporary is gone before it could be made again.
    """
    seen = _Seen()
    for statement in _that_run(case.migration):
        if seen.is_harmless(statement):
            continue
        bare = list(unguarded(statement))
        instead = _guarded(statement, bare) if bare else ""
        for lack in bare:
            if lack.words not in case.options.except_for and not seen.dropped_before(statement, lack):
                names = ", ".join(lack.names).replace(UNKNOWN, "…")
                message = f"{lack.words} {names} has no {lack.guard}"
                yield case.finding(
                    place(statement, lack.start), message, instead=instead, fix=_edit(case, statement, lack)
                )


@dataclass
class _Seen:
    """What the statements so far have dropped with IF EXISTS, and which temporary relations they have made."""

    gone: set[tuple[str, str]] = field(default_factory=set)
    temporary: set[str] = field(default_factory=set)

    def is_harmless(self, statement: Statement) -> bool:
        """Take the next statement; tell whether it can do no harm a second time, guarded or not."""
        drop = dropped(statement)
        if drop and drop.if_exists:
            if drop.kind in _ROUTINES:
                self.gone |= {("ROUTINE", name) for name in routines(statement)}
            else:
                self.gone |= {(drop.kind, _short(name)) for name in drop.names}
        made = created(statement)
        if made and made.temporary:
            self.temporary.add(made.name)
            return True
        about = relation(statement)
        if statement.guarded or (about and about.temporary):
            return True
        names = drop.names if drop else ()
        if about:
            names = (about.name,) if not about.schema else ()
        elif made and made.kind in _ROUTINES:
            names = (str(made),)
        return bool(names) and all(name in self.temporary or name.startswith("pg_temp.") for name in names)

    def dropped_before(self, statement: Statement, lack: Unguarded) -> bool:
        """All that it makes was dropped in this file, if it was there."""
        kind = lack.words.removeprefix("CREATE ")
        if kind in _ROUTINES:  # of the same arguments, or of any
            return any(("ROUTINE", made) in self.gone for name in routines(statement) for made in (name, _bare(name)))
        return all((kind, _short(name)) in self.gone for name in lack.names)


def _short(name: str) -> str:
    """Where nothing else is said, `public` is meant."""
    return name.removeprefix("public.")


def _bare(signature: str) -> str:
    return signature.partition("(")[0]


def _that_run(migration: Migration) -> Iterator[Statement]:
    """The statements of the file, those of its DO blocks, and those of a function of its own that it calls."""
    called = {
        name
        for statement in migration.statements
        if statement.tag in _CALLING
        for inner in statement.walk()
        for name in functions_called(inner)
    }
    runs_later: set[int] = set()
    for statement in own_statements(migration):
        if id(statement) in runs_later:
            continue
        routine = created(statement) if statement.tag in _CREATE_ROUTINE else None
        if routine and routine.name not in called:
            runs_later |= {id(inner) for inner in statement.walk()[1:]}
        yield statement


def _edit(case: Case[Options], statement: Statement, lack: Unguarded) -> Iterator[Edit]:
    """Put the guard in where it belongs, if the statement stands in the file as it is run."""
    if lack.behind is not None and statement.verbatim and UNKNOWN not in statement.sql:
        yield case.insert(statement.start + lack.behind, lack.put_in)


def _guarded(statement: Statement, bare: list[Unguarded]) -> str:
    """The statement with every guard put in that it lacks: whole where it is short, else its first lines."""
    pieces, at = [], 0
    for lack in sorted(bare, key=lambda lack: lack.behind or 0):
        if lack.behind is None or UNKNOWN in statement.sql:
            return lack.instead or f"{lack.words} {lack.guard} …"
        pieces.append(statement.sql[at : lack.behind] + lack.put_in)
        at = lack.behind
    sql = "".join([*pieces, statement.sql[at:]])
    shown = lines(sql)
    return sql + ";" if len(shown) <= _LONGEST else "\n".join([*shown[:6], "…"])
