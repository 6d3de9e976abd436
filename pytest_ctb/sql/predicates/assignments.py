"""The assignments of an UPDATE: what each column gets, and the conditions that a value changes by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pytest_ctb.sql.predicates.scopes import conjuncts, empty_select, expression, expression_text
from pytest_ctb.sql.tree import strings, walk


class Assignments:
    """The assignments (ResTargets) of an UPDATE or of a MERGE to a table, and its conditions."""

    def __init__(self, targets: Sequence[Any], relation: Any, where: Iterable[Any], types: Mapping[str, str]) -> None:
        """`types` are those of the table's columns, as SQL."""
        self._alias = str(relation.alias.aliasname or relation.relname)
        self._conditions = [part for condition in where for part in conjuncts(condition)]
        self.columns = frozenset(target.name for target in targets)
        self.expressions = tuple(map(_value, targets))
        self._values: Mapping[str, Any] = {
            target.name: _cast(value, types.get(target.name, ""))
            for target, value in zip(targets, self.expressions, strict=True)
            if not target.indirection and value.WhichOneof("node") not in {"multi_assign_ref", "set_to_default"}
        }
        self._to_default = [target.name for target in targets if target.val.WhichOneof("node") == "set_to_default"]

    def changed(self) -> str:
        """The condition that a value which was there becomes another; empty where there are no assignments."""
        changes = [f"{self._old(name)} IS NOT NULL" for name in self._to_default]
        changes += [
            f"({self._old(name)} IS NOT NULL AND {_differs(expression_text(value), self._old(name))})"
            for name, value in self._values.items()
        ]
        return f"({' OR '.join(changes)})" if changes else ""

    def changed_again(self) -> str:
        """The condition that the same UPDATE, run once more, would change a value once more; empty where none can."""
        changes = [
            _differs(expression_text(again), expression_text(value))
            for value in self._values.values()
            if (again := self._substituted(value)) != value
        ]
        if not changes:
            return ""
        still = [f"({expression_text(self._substituted(part))})" for part in self._conditions]
        return " AND ".join([*still, f"({' OR '.join(changes)})"])

    def _old(self, name: str) -> str:
        column = empty_select().target_list.add().res_target.val
        for part in (self._alias, name):
            column.column_ref.fields.add().string.sval = part
        return expression_text(column)

    def _substituted(self, node: Any) -> Any:
        """The expression with the new value of each column in the place of the column."""
        copied = empty_select().target_list.add().res_target.val
        copied.CopyFrom(node)
        for inner in list(walk(copied)):
            for holder in _nodes_in(inner):
                parts = strings(holder.column_ref.fields) if holder.WhichOneof("node") == "column_ref" else []
                if parts and parts[-1] in self._values and (len(parts) == 1 or parts[-2] == self._alias):
                    holder.CopyFrom(self._values[parts[-1]])
        return copied


def _nodes_in(message: Any) -> Iterable[Any]:
    """The Nodes that a message holds; of a Node, itself."""
    if message.DESCRIPTOR.name == "Node":
        return (message,)
    return [
        node
        for descriptor, value in message.ListFields()
        if descriptor.message_type is not None and descriptor.message_type.name == "Node"
        for node in ([value] if hasattr(value, "DESCRIPTOR") else value)
    ]


def _value(target: Any) -> Any:
    """The expression that an assignment gives a column, also in `(a, b) = (1, 2)`."""
    if target.val.WhichOneof("node") == "multi_assign_ref":
        reference = target.val.multi_assign_ref
        if reference.source.WhichOneof("node") == "row_expr":
            return reference.source.row_expr.args[reference.colno - 1]
    return target.val


def _cast(value: Any, kind: str) -> Any:
    """The value as the column holds it: rounded or cut off as its type says."""
    if not kind:
        return value
    node = expression(f"CAST(NULL AS {kind})")
    node.type_cast.arg.CopyFrom(value)
    return node


def _differs(new: str, old: str) -> str:
    """The condition that two values differ as text, or that one of them is NULL."""
    texts = (f"CAST(({value}) AS pg_catalog.text)" for value in (new, old))
    nulls = (f"(({value}) IS NULL)" for value in (new, old))
    different = " OPERATOR(pg_catalog.<>) "
    return f"COALESCE({different.join(texts)}, {different.join(nulls)})"
