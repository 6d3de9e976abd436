"""CT07: every statement that has an IF [NOT] EXISTS or OR REPLACE form uses it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pytest_ctb.checks import Case, check, own_statements
from pytest_ctb.model import Edit, Finding, Migration, Statement, lines
from pytest_ctb.sql import (
    UNKNOWN,
    Unguarded,
    dropped,
    is_temporary,
    place,
    relation_made,
    routines,
    strings,
    unguarded,
    walk,
)

_ROUTINES = ("FUNCTION", "PROCEDURE", "ROUTINE")
_CALLING = {"select_stmt", "call_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt", "do_stmt"}
_ON_A_RELATION = {"index_stmt", "alter_table_stmt", "create_trig_stmt", "rule_stmt", "rename_stmt"}
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
        for one in bare:
            if one.words not in case.options.except_for and not seen.dropped_before(statement, one):
                names = ", ".join(one.names).replace(UNKNOWN, "…")
                message = f"{one.words} {names} has no {one.guard}"
                yield case.finding(
                    place(statement, one.start), message, instead=instead, fix=_edit(case, statement, one)
                )


@dataclass
class _Seen:
    """What the statements so far have dropped with IF EXISTS, and which temporary relations they have made."""

    gone: set[tuple[str, str]] = field(default_factory=set)
    temporary: set[str] = field(default_factory=set)

    def is_harmless(self, statement: Statement) -> bool:
        """Take the next statement; tell whether it can do no harm a second time, guarded or not."""
        words, names = dropped(statement)
        if words and statement.body.missing_ok:
            if words in _ROUTINES:
                self.gone |= {("ROUTINE", name) for name in routines(statement)}
            else:
                self.gone |= {(words, _short(name)) for name in names}
        relation = relation_made(statement)
        if relation is not None and is_temporary(relation):
            self.temporary.add(relation.relname)
            return True
        return statement.guarded or self._is_about_temporary(statement, names)

    def _is_about_temporary(self, statement: Statement, names: tuple[str, ...]) -> bool:
        if statement.kind == "create_function_stmt":
            names = (".".join(strings(statement.body.funcname)),)
        elif statement.kind in _ON_A_RELATION and is_temporary(statement.body.relation):
            return True
        elif statement.kind in _ON_A_RELATION:
            relation = statement.body.relation
            names = (relation.relname,) if not relation.schemaname else ()
        return bool(names) and all(name in self.temporary or name.startswith("pg_temp.") for name in names)

    def dropped_before(self, statement: Statement, one: Unguarded) -> bool:
        """All that it makes was dropped in this file, if it was there."""
        kind = one.words.removeprefix("CREATE ")
        if kind in _ROUTINES:  # of the same arguments, or of any
            return any(("ROUTINE", made) in self.gone for name in routines(statement) for made in (name, _bare(name)))
        return all((kind, _short(name)) in self.gone for name in one.names)


def _short(name: str) -> str:
    """Where nothing else is said, `public` is meant."""
    return name.removeprefix("public.")


def _bare(signature: str) -> str:
    return signature.partition("(")[0]


def _that_run(migration: Migration) -> Iterator[Statement]:
    """The statements of the file, those of its DO blocks, and those of a function of its own that it calls."""
    called = {
        strings(node.funcname)[-1]
        for statement in migration.statements
        if statement.kind in _CALLING
        for one in statement.walk()
        for node in walk(one.body)
        if node.DESCRIPTOR.name == "FuncCall"
    }
    runs_later: set[int] = set()
    for statement in own_statements(migration):
        if id(statement) in runs_later:
            continue
        if statement.kind == "create_function_stmt" and strings(statement.body.funcname)[-1] not in called:
            runs_later |= {id(one) for one in statement.walk()[1:]}
        yield statement


def _edit(case: Case[Options], statement: Statement, one: Unguarded) -> Iterator[Edit]:
    """Put the guard in where it belongs, if the statement stands in the file as it is run."""
    if one.behind is not None and statement.verbatim and UNKNOWN not in statement.sql:
        yield case.insert(statement.start + one.behind, one.put_in)


def _guarded(statement: Statement, bare: list[Unguarded]) -> str:
    """The statement with every guard put in that it lacks: whole where it is short, else its first lines."""
    pieces, at = [], 0
    for one in sorted(bare, key=lambda one: one.behind or 0):
        if one.behind is None or UNKNOWN in statement.sql:
            return one.instead or f"{one.words} {one.guard} …"
        pieces.append(statement.sql[at : one.behind] + one.put_in)
        at = one.behind
    sql = "".join([*pieces, statement.sql[at:]])
    found = lines(sql)
    return sql + ";" if len(found) <= _LONGEST else "\n".join([*found[:6], "…"])
