"""SQL of ours that is run where a migration has set the search_path: no name in it may be found in a schema of its."""

from __future__ import annotations

import re

_OPERATOR = re.compile(r"(?<=\s)(?!--)[-+/<>=~!|%]+(?=\s)")


def in_full(query: str) -> str:
    """The query with each operator that stands between blanks named in full: `=` as OPERATOR(pg_catalog.=).

    Named so, all of them bind alike, which parentheses have to make up for; and what stands for an operator without
    saying so (IN, LIKE, CASE x WHEN, NULLIF, IS DISTINCT FROM) has no full name.
    """
    return _OPERATOR.sub(r"OPERATOR(pg_catalog.\g<0>)", query)
