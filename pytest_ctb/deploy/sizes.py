"""Ask a live database how large its tables are: one SELECT, which any role that may connect can send."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg

from pytest_ctb.deploy.connection import Target, session_settings
from pytest_ctb.errors import LiveError
from pytest_ctb.model.sizes import TableSize

# A partitioned table has no rows of its own: it has those of its partitions. `reltuples` is -1 where nothing was
# counted yet; the counters of the statistics may know then.
_SIZES = """
WITH RECURSIVE relations AS (
    SELECT c.oid, n.nspname::text || '.' || c.relname::text AS name, c.relkind,
           CASE WHEN c.reltuples > 0 THEN c.reltuples::bigint
                ELSE pg_catalog.pg_stat_get_live_tuples(c.oid) END AS rows,
           CASE WHEN c.relkind = 'p' THEN 0 ELSE pg_catalog.pg_table_size(c.oid) END AS bytes
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
), inside AS (
    SELECT oid AS root, oid FROM relations
    UNION ALL
    SELECT i.root, h.inhrelid
    FROM inside i
    JOIN pg_catalog.pg_class c ON c.oid = i.oid AND c.relkind = 'p'
    JOIN pg_catalog.pg_inherits h ON h.inhparent = i.oid
)
SELECT r.name, sum(CASE WHEN part.relkind = 'p' THEN 0 ELSE part.rows END)::bigint, sum(part.bytes)::bigint
FROM relations r JOIN inside i ON i.root = r.oid JOIN relations part ON part.oid = i.oid
GROUP BY r.name
ORDER BY r.name
"""


def table_sizes(target: Target) -> Mapping[str, TableSize]:
    """The size of each table, partition and materialized view. Raises LiveError."""
    with target.connect() as connection:
        try:
            for setting in session_settings(connection.info.server_version).split("; "):
                connection.execute(setting.encode())
            rows = connection.execute(_SIZES).fetchall()
        except psycopg.Error as error:
            raise LiveError(f"{target}: the sizes cannot be read: {target.without_password(error).strip()}") from None
    return {name: TableSize(rows_, bytes_) for name, rows_, bytes_ in rows}
