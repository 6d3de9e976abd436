"""The names that a file makes and uses, statement by statement, which decide the order of files.

Only what a statement needs when it runs counts: a PL/pgSQL body needs its tables when it is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from pytest_ctb.model import Name, Position, Statement, TransactionCommand
from pytest_ctb.sql.names.conditions import is_false_without
from pytest_ctb.sql.names.effects import Effects, effects
from pytest_ctb.sql.names.scope import Item, Lookup, Scope
from pytest_ctb.sql.names.uses import uses
from pytest_ctb.sql.objects import Setting, created, setting
from pytest_ctb.sql.plpgsql.body import variables
from pytest_ctb.sql.plpgsql.dynamic_sql import UNKNOWN
from pytest_ctb.sql.tree import node_name, parse_tree, strings

_DEFAULT = ("public",)
_ENDS = {TransactionCommand.COMMIT, TransactionCommand.ROLLBACK, TransactionCommand.PREPARE}


@dataclass(frozen=True)
class Names:
    """The names that a file creates (`makes`) and uses, each with its first position; `uses` leaves out `makes`."""

    makes: Mapping[Name, Position] = field(default_factory=dict)
    uses: Mapping[Name, Position] = field(default_factory=dict)


class Use(NamedTuple):
    """A statement needs an object: any of these names, of which the first in the search path is meant."""

    names: tuple[Name, ...]
    position: Position


class Step(NamedTuple):
    """What one statement of a file needs, and what it does to the names in the database."""

    uses: tuple[Use, ...]
    effects: Effects = Effects()
    at: Position = Position(1, 1)
    guarded: bool = False
    """It does nothing where what it makes exists: it says IF NOT EXISTS, or a condition around it asks."""
    only_if: tuple[Name, ...] = ()
    """It does nothing where none of these exists: it says IF EXISTS."""


def names_in(statements: Iterable[Statement]) -> Names:
    """The names that the statements of a file create and use, those in DO blocks too."""
    makes: dict[Name, Position] = {}
    used: dict[Name, Position] = {}
    for step in steps_in(statements):
        made = {name: step.at for name, _ in step.effects.makes}
        made |= {names[0]: step.at for names, _ in step.effects.adds}
        for use in step.uses:
            if not any(name in makes or name in made for name in use.names):
                for name in use.names:
                    used.setdefault(name, use.position)
        for name, position in made.items():
            makes.setdefault(name, position)
    return Names(makes, used)


def steps_in(statements: Iterable[Statement]) -> Iterator[Step]:
    """What the statements of a file need and do, in their order, with those in DO blocks."""
    yield from _steps(statements, _Session(), Scope())


class _Session:
    """What statements before change in the meaning of names: the search path, and temporary tables."""

    def __init__(self) -> None:
        self._path: tuple[str, ...] = _DEFAULT
        self._local: tuple[str, ...] | None = None
        """The path that SET LOCAL gives until the transaction ends."""
        self._temporary: set[str] = set()
        self.checks_bodies = True
        """`check_function_bodies` is on."""

    @property
    def lookup(self) -> Lookup:
        return Lookup(self._path if self._local is None else self._local, frozenset(self._temporary))

    def follow(self, statement: Statement) -> None:
        """Take note of what a statement changes for those after it."""
        if statement.command in _ENDS:
            self._local = None
        elif statement.tag == "DISCARD ALL":
            self.__init__()  # type: ignore[misc]
        elif (parameter := setting(statement)) and parameter.name == "check_function_bodies":
            self.checks_bodies = parameter.values[:1] not in {("off",), ("false",), ("no",)}
        elif parameter and parameter.name in {"search_path", ""}:
            self._set(_schemas(parameter), local=parse_tree(statement).is_local)
        elif statement.tag == "SELECT":
            for schemas, local in _set_configs(statement):
                self._set(schemas, local=local)
        elif (creation := created(statement)) and creation.temporary:
            self._temporary.add(creation.name)

    def _set(self, schemas: tuple[str, ...], *, local: bool) -> None:
        if local:
            self._local = schemas
        else:
            self._path, self._local = schemas, None


def _schemas(parameter: Setting) -> tuple[str, ...]:
    """The schemas of a search path; `"$user"` is left out, since no migration makes a role's own schema its first."""
    if not parameter.values:
        return _DEFAULT
    return tuple(schema for schema in parameter.values if schema and schema != "$user")


def _set_configs(statement: Statement) -> Iterator[tuple[tuple[str, ...], bool]]:
    """The search paths that calls of set_config set, each with whether it does so for the transaction alone."""
    for target in parse_tree(statement).target_list:
        call = target.res_target.val.func_call
        if strings(call.funcname)[-1:] != ["set_config"] or len(call.args) != 3:
            continue
        name, value, local = call.args
        if name.a_const.sval.sval == "search_path" and value.a_const.HasField("sval"):
            parts = (part.strip().strip('"') for part in value.a_const.sval.sval.split(","))
            yield tuple(part for part in parts if part and part != "$user"), local.a_const.boolval.boolval


def _steps(statements: Iterable[Statement], session: _Session, scope: Scope) -> Iterator[Step]:
    for statement in statements:
        if not statement.tag:
            continue
        session.follow(statement)
        yield _step(statement, session.lookup, scope)
        if statement.tag == "DO":
            yield from _steps(statement.inner, session, scope.within([Item("", frozenset(variables(statement)))]))
        elif _language(statement) == "sql" and session.checks_bodies:  # checked when it is made; PL/pgSQL when called
            yield from _of_body(statement, session.lookup)


def _step(statement: Statement, lookup: Lookup, scope: Scope) -> Step:
    tree = parse_tree(statement)
    done = _known(effects(statement, lookup))
    asks = bool(getattr(tree, "missing_ok", False))
    guarded = statement.guarded or bool(getattr(tree, "if_not_exists", False))
    used: Iterable[tuple[tuple[Name, ...], int]] = ()
    only_if: tuple[Name, ...] = ()
    if not (asks and statement.tag.startswith("DROP ")):
        used = uses(tree, lookup, scope)
        if asks:
            range_var = getattr(tree, "relation", None) or getattr(tree, "sequence", None)
            only_if = lookup.relations(range_var) if range_var is not None and range_var.relname else ()
    used = tuple(used)
    only_if = only_if or _asked_for(statement, used)
    needed = {names: location for names, location in reversed([*used, *_schemas_of(done, statement)]) if names}
    own = {*(name for name, _ in done.makes), *done.columns, *(name for names, _ in done.adds for name in names)}
    uses_here = tuple(
        Use(names, statement.at(location))
        for names, location in reversed(needed.items())
        if all(map(_is_known, names)) and own.isdisjoint(names)
    )
    return Step(uses_here, done, statement.position, guarded, only_if)


def _asked_for(statement: Statement, used: Iterable[tuple[tuple[Name, ...], int]]) -> tuple[Name, ...]:
    """The relation without which a statement in a body is not run: the conditions around it ask whether it is there."""
    relations = (names for names, _ in used if names and names[0].kind == "relation") if statement.conditions else ()
    for names in relations:
        if any(is_false_without(condition, name) for condition in statement.conditions for name in names):
            return names
    return ()


def _schemas_of(done: Effects, statement: Statement) -> Iterator[tuple[tuple[Name, ...], int]]:
    """The schemas in which a statement creates something."""
    for name, location in done.makes if statement.tag.startswith(("CREATE ", "SELECT")) else ():
        if (
            name.schema
            and name.schema != "public"
            and name.kind != "schema"
            and node_name(statement) != "CreateSchemaStmt"
        ):
            yield (Name("schema", "", name.schema),), location


def _of_body(statement: Statement, lookup: Lookup) -> Iterator[Step]:
    """What the body of an SQL function needs when the function is made. Nothing is made then."""
    tree = parse_tree(statement)
    for option in tree.options:
        change = option.def_elem.arg.variable_set_stmt
        if option.def_elem.defname == "set" and change.name == "search_path":
            schemas = (value.a_const.sval.sval for value in change.args)
            lookup = lookup._replace(path=tuple(schema for schema in schemas if schema not in {"", "$user"}))
    parameters = frozenset(parameter.function_parameter.name for parameter in tree.parameters)
    scope = Scope((Item(strings(tree.funcname)[-1], parameters),))
    for inner in statement.inner:
        if inner.tag:
            yield _step(inner, lookup, scope)._replace(effects=Effects())


def _language(statement: Statement) -> str:
    if node_name(statement) != "CreateFunctionStmt":
        return ""
    named = [o.def_elem.arg.string.sval for o in parse_tree(statement).options if o.def_elem.defname == "language"]
    return str(named[0]) if named else "sql"


def _is_known(name: Name) -> bool:
    """Whether a name is known from the text: dynamic SQL may compute it (see UNKNOWN)."""
    return not any(UNKNOWN in part for part in (name.schema, name.name, name.of))


def _known(done: Effects) -> Effects:
    """The effects without names that are computed."""
    return done._replace(
        makes=tuple(made for made in done.makes if _is_known(made[0])),
        columns=tuple(filter(_is_known, done.columns)),
        adds=tuple(added for added in done.adds if all(map(_is_known, added[0]))),
    )
