"""Which writes of a file touched no row in any of its runs: what they do to rows is not proven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from pytest_ctb.model import Trace, Unproven
from pytest_ctb.replay.trials.made.maker import WriteSeen


def unproven(
    writes: Sequence[WriteSeen], runs: Iterable[Sequence[Trace]], failed: Collection[int]
) -> tuple[Unproven, ...]:
    """The writes that touched no row, but for those that no row can meet.

    `failed` are the places of the statements for which rows were made, but on these the file fails. The server counts
    by statement of the file: where one makes several writes to a table, as a DO block may, each must have had rows
    that met it as well.
    """
    touched: dict[int, set[str]] = {}
    for trace in (trace for traces in runs for trace in traces):
        tables = {rows.table for rows in trace.rows if rows.updated or rows.deleted}
        touched.setdefault(trace.statement, set()).update(tables)
    owing = [write for write in writes if write.verb != "INSERT" and not write.impossible]
    alike = Counter((write.place, write.table) for write in owing)
    results: dict[Unproven, None] = {}
    for write in owing:
        tables = touched.get(write.place, set())
        seen = bool(tables & write.tables if write.tables else tables)
        if alike[write.place, write.table] > 1:
            seen = seen and write.met is not False
        # Rows met it, and stayed: a trigger or a rule kept them.
        refused = write.met and not write.inside and write.place not in failed
        if not (seen or refused):
            results[Unproven(write.line, write.verb, write.table, write.query)] = None
    return tuple(results)
