"""Which tables a column name in a query may belong to: FROM items, aliases, subqueries, common table expressions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pytest_ctb.model import Name
from pytest_ctb.sql.tree import enum, strings

_BUILT_IN = {"pg_catalog", "information_schema", "pg_temp", "pg_toast"}
_DEEPEST = 20
"""How many subqueries inside each other are read for the columns that they give."""
_UNNAMED = frozenset(
    {"?column?", "array", "case", "coalesce", "exists", "greatest", "grouping", "least", "nullif", "row", "xmlelement"}
)
"""The names that Postgres gives to output columns of expressions without one."""
_TARGETS = {"InsertStmt": "", "UpdateStmt": "from_clause", "DeleteStmt": "using_clause", "MergeStmt": ""}
"""The statements that write to a table, and their lists of further FROM items."""

Relations = tuple[Name, ...]
"""The relations that a name may mean, in the order of the search path."""


class Lookup(NamedTuple):
    """The schemas in which bare names are looked up, and the temporary tables that hide others."""

    path: tuple[str, ...] = ("public",)
    temporary: Collection[str] = ()

    def of(self, kind: str, parts: list[str]) -> Relations:
        """The objects that a name may mean; none for a built-in or a temporary one."""
        if not parts:
            return ()
        if len(parts) > 1:
            return () if parts[-2] in _BUILT_IN else (Name(kind, parts[-2], parts[-1]),)
        return () if parts[0] in self.temporary else tuple(Name(kind, schema, parts[0]) for schema in self.path)

    def relations(self, range_var: Any) -> Relations:
        """The relations that a RangeVar may mean; none for a system catalog."""
        if not range_var.schemaname and range_var.relname.startswith("pg_"):
            return ()
        return self.of("relation", [part for part in (range_var.schemaname, range_var.relname) if part])


class Item(NamedTuple):
    """An item of FROM: what it is called, and which columns it has."""

    alias: str
    columns: frozenset[str] = frozenset()
    """Columns that it is known to have."""
    tables: tuple[Relations, ...] = ()
    """Tables of which it has all columns."""
    open: bool = False
    """It may have any other column."""
    schema: str = ""
    """The schema where the SQL names it, for `schema.table.column`."""

    def owners(self, column: str) -> tuple[Name, ...]:
        """The columns of tables that a column of the item may be."""
        return tuple(Name("column", table.schema, column, table.name) for tables in self.tables for table in tables)


class Scope(NamedTuple):
    """The FROM items that a query sees, and those of the queries around it."""

    items: tuple[Item, ...] = ()
    ctes: Mapping[str, Item] = {}  # never changed
    outer: Scope | None = None

    def within(self, items: Iterable[Item] = (), ctes: Mapping[str, Item] | None = None) -> Scope:
        """A scope inside this one."""
        return Scope(tuple(items), ctes or {}, self)

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it, from the inside out."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer

    def cte(self, range_var: Any) -> Item | None:
        """The common table expression that a RangeVar names; None for a table."""
        if range_var.schemaname:
            return None
        return next((scope.ctes[range_var.relname] for scope in self.chain() if range_var.relname in scope.ctes), None)

    def column(self, parts: list[str]) -> tuple[Name, ...]:
        """The columns of tables that `column`, `alias.column` or `schema.table.column` may mean; none if unknown."""
        *qualifiers, name = parts
        if qualifiers:
            item = self._item(qualifiers)
            return item.owners(name) if item and not item.open and name not in item.columns else ()
        owners: list[Name] = []
        for scope in self.chain():
            for item in scope.items:
                if item.open or name in item.columns or name == item.alias:
                    return ()
                owners += item.owners(name)
        return tuple(owners)

    def _item(self, qualifiers: list[str]) -> Item | None:
        schema = qualifiers[-2] if len(qualifiers) > 1 else ""
        items = (item for scope in self.chain() for item in scope.items)
        return next((item for item in items if item.alias == qualifiers[-1] and schema in {"", item.schema}), None)


def inner(node: Any) -> Any:
    """The node inside of a Node wrapper; the node itself where it is none."""
    kind = node.WhichOneof("node") if "node" in node.DESCRIPTOR.oneofs_by_name else None
    return getattr(node, kind) if kind else node


def from_items(nodes: Iterable[Any], scope: Scope, lookup: Lookup, depth: int = 0) -> tuple[Item, ...]:
    """The items of a FROM clause, those of joins one by one."""
    items: list[Item] = []
    waiting = [inner(node) for node in reversed(list(nodes))]
    while waiting:
        node = waiting.pop()
        match node.DESCRIPTOR.name:
            case "JoinExpr":
                waiting += [inner(node.rarg), inner(node.larg)]
                if node.alias.aliasname:
                    items.append(Item(node.alias.aliasname, open=True))
            case "RangeVar":
                items.append(table_item(node, scope, lookup))
            case "RangeTableSample":
                waiting.append(inner(node.relation))
            case "RangeSubselect":
                items.append(_called(outputs(node.subquery, scope, lookup, depth + 1), node.alias))
            case "RangeFunction" | "RangeTableFunc" | "JsonTable":
                items.append(Item(node.alias.aliasname, open=True))
    return tuple(items)


def table_item(range_var: Any, scope: Scope, lookup: Lookup) -> Item:
    """The FROM item that a RangeVar is: a table, or a common table expression."""
    alias = range_var.alias
    if cte := scope.cte(range_var):
        return _called(cte, alias) if alias.aliasname else cte._replace(alias=range_var.relname)
    relations = lookup.relations(range_var)
    item = Item(range_var.relname, tables=(relations,) if relations else (), open=not relations)
    if alias.aliasname:
        return _called(item, alias)
    return item._replace(schema=range_var.schemaname)


def _called(item: Item, alias: Any) -> Item:
    """The item under its alias; names in the alias's list of columns count as columns too."""
    return item._replace(alias=alias.aliasname, columns=item.columns | frozenset(strings(alias.colnames)))


def with_ctes(node: Any, scope: Scope, lookup: Lookup, depth: int = 0) -> tuple[Scope, list[tuple[Any, Scope]]]:
    """The scope behind a query's WITH clause; and the queries in that clause, each with the scope that it sees."""
    queries: list[tuple[Any, Scope]] = []
    for wrapped in node.with_clause.ctes:
        cte = wrapped.common_table_expr
        sees = scope
        if node.with_clause.recursive:
            sees = scope.within(ctes={cte.ctename: Item(cte.ctename, open=True)})
        queries.append((cte.ctequery, sees))
        item = outputs(cte.ctequery, sees, lookup, depth + 1)
        extra = frozenset(strings(cte.aliascolnames)) | {cte.search_clause.search_seq_column, *_cycle_columns(cte)}
        scope = scope.within(ctes={cte.ctename: item._replace(alias=cte.ctename, columns=item.columns | extra)})
    return scope, queries


def _cycle_columns(cte: Any) -> tuple[str, str]:
    return cte.cycle_clause.cycle_mark_column, cte.cycle_clause.cycle_path_column


def outputs(query: Any, scope: Scope, lookup: Lookup, depth: int = 0) -> Item:
    """The columns that a query, or the RETURNING of a statement, gives: an item without a name."""
    node = inner(query)
    if depth > _DEEPEST:
        return Item("", open=True)
    while node.DESCRIPTOR.name == "SelectStmt" and node.HasField("larg"):
        scope, _ = with_ctes(node, scope, lookup, depth)
        node = node.larg
    kind = node.DESCRIPTOR.name
    if kind == "SelectStmt":
        if node.values_lists:
            count = len(node.values_lists[0].list.items)
            return Item("", frozenset(f"column{number + 1}" for number in range(count)))
        scope, _ = with_ctes(node, scope, lookup, depth)
        return _targets(node.target_list, from_items(node.from_clause, scope, lookup, depth))
    if kind in _TARGETS:
        scope, _ = with_ctes(node, scope, lookup, depth)
        others = getattr(node, _TARGETS[kind]) if _TARGETS[kind] else ()
        items = (table_item(node.relation, scope, lookup), *from_items(others, scope, lookup, depth))
        return _targets(node.returning_clause.exprs, items)
    return Item("", open=True)


def _targets(targets: Iterable[Any], items: tuple[Item, ...]) -> Item:
    """The item that a list of output columns makes of the items that it is computed from."""
    columns: set[str] = set()
    tables: list[Relations] = []
    is_open = False
    for target in targets:
        value = inner(target.res_target.val)
        if value.DESCRIPTOR.name == "ColumnRef" and value.fields[-1].WhichOneof("node") == "a_star":
            qualifiers = strings(value.fields)
            starred = [item for item in items if not qualifiers or item.alias == qualifiers[-1]]
            is_open |= not starred or any(item.open for item in starred)
            columns.update(*(item.columns for item in starred))
            tables += [relations for item in starred for relations in item.tables]
        else:
            columns |= {target.res_target.name} if target.res_target.name else _generated_name(value)
    return Item("", frozenset(columns), tuple(tables), is_open)


def _generated_name(value: Any) -> frozenset[str]:
    """The name of an output column without AS, among those that it may be."""
    cast = _UNNAMED
    for _ in range(_DEEPEST):
        match value.DESCRIPTOR.name:
            case "ColumnRef":
                return frozenset(strings(value.fields)[-1:])
            case "FuncCall":
                return frozenset(strings(value.funcname)[-1:])
            case "TypeCast":
                cast = frozenset(strings(value.type_name)[-1:]) if cast is _UNNAMED else cast
                value = inner(value.arg)
            case "CollateClause" | "A_Indirection":
                if fields := strings(getattr(value, "indirection", ())):
                    return frozenset(fields[-1:])
                value = inner(value.arg)
            case "SubLink" if enum(value, "sub_link_type") == "EXPR_SUBLINK":
                targets = inner(value.subselect).target_list
                if not targets or targets[0].res_target.name:
                    return frozenset({targets[0].res_target.name} if targets else ())
                value = inner(targets[0].res_target.val)
            case "SQLValueFunction":
                return frozenset({enum(value, "op").removeprefix("SVFOP_").lower().removesuffix("_n")})
            case _:
                break
    return cast
