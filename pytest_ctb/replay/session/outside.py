"""What a database has outside of itself, which no copy takes along: settings, privileges, a comment, a limit."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier, Literal

_SETTINGS = """
SELECT pg_catalog.pg_get_userbyid(nullif(s.setrole, 0)), pg_catalog.split_part(line, '=', 1),
       pg_catalog.substr(line, pg_catalog.strpos(line, '=') + 1)
FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
     pg_catalog.unnest(s.setconfig) AS line
WHERE d.datname = %s AND pg_catalog.split_part(line, '=', 1) <> ALL ('{role,session_authorization}')
"""
_PRIVILEGES = """
SELECT pg_catalog.pg_get_userbyid(x.grantor), pg_catalog.pg_get_userbyid(nullif(x.grantee, 0)), x.privilege_type,
       x.is_grantable
FROM pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) x WHERE d.datname = %s ORDER BY x.grantor <> d.datdba
"""
_REST = """
SELECT pg_catalog.pg_get_userbyid(d.datdba), d.datconnlimit, pg_catalog.shobj_description(d.oid, 'pg_database')
FROM pg_catalog.pg_database d WHERE d.datname = %s
"""
_OWNER = "SELECT pg_catalog.pg_get_userbyid(datdba) FROM pg_catalog.pg_database WHERE datname = %s"
_QUOTED_LISTS = {"local_preload_libraries", "search_path", "session_preload_libraries", "temp_tablespaces"}
"""Settings that the catalog holds as a list of quoted names (guc_tables.c, GUC_LIST_QUOTE)."""
_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",]*?))\s*(?:,|$)')


def take_along(admin: psycopg.Connection[Any], original: str, copy: str) -> None:
    """Give a copy of a database what the original has outside of itself. Raises psycopg.Error."""
    name = Identifier(copy)
    for role, setting, value in admin.execute(_SETTINGS, [original]).fetchall():
        of = SQL("ROLE {} IN DATABASE {}").format(Identifier(role), name) if role else SQL("DATABASE {}").format(name)
        values = SQL(", ").join(map(Literal, _items(value) if setting in _QUOTED_LISTS else [value]))
        with suppress(psycopg.errors.InvalidParameterValue):  # what it names is gone
            admin.execute(SQL("ALTER {} SET {} TO {}").format(of, Identifier(*setting.split(".")), values))
    ((owner, limit, comment),) = admin.execute(_REST, [original]).fetchall()
    ((present,),) = admin.execute(_OWNER, [copy]).fetchall()
    if owner != present:
        admin.execute(SQL("ALTER DATABASE {} OWNER TO {}").format(name, Identifier(owner)))
    if privileges := admin.execute(_PRIVILEGES, [original]).fetchall():
        admin.execute(SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}").format(name, Identifier(owner)))
    for grantor, grantee, privilege, grantable in privileges:
        with admin.transaction():
            admin.execute(SQL("SET LOCAL ROLE {}").format(Identifier(grantor)))
            to = Identifier(grantee) if grantee else SQL("PUBLIC")
            option = SQL("WITH GRANT OPTION" if grantable else "")
            admin.execute(SQL("GRANT {} ON DATABASE {} TO {} {}").format(SQL(privilege), name, to, option))
    if limit != -1:
        admin.execute(SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(name, Literal(limit)))
    if comment:
        admin.execute(SQL("COMMENT ON DATABASE {} IS {}").format(name, Literal(comment)))


def _items(value: str) -> list[str]:
    """The names in a list, without their quotes."""
    items = [quoted.replace('""', '"') or plain for quoted, plain in _ITEM.findall(value)]
    return [item for item in items if item] or [""]
