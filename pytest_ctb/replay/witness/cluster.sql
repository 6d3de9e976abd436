-- What no event trigger hears of and no single database holds alone: roles, what is set for them and for databases, the
-- database itself, subscriptions, tablespaces, privileges on parameters. In the form of catalog.sql. The database that is
-- looked at has no name here, for the replay makes it up. `ours`: the roles that are ours on a server of others, where what
-- belongs to nobody of ours is left out; NULL where the whole server is. Ours too is whatever starts with pytest_ctb, but
-- no migration made it. A mark /* superuser: … */ holds what an ordinary role may not read.
WITH role AS (
    SELECT r.* FROM pg_catalog.pg_roles r
    WHERE CASE WHEN ours IS NULL THEN NOT pg_catalog.starts_with(r.rolname::pg_catalog.text, 'pg_') ELSE r.rolname::pg_catalog.text = ANY (ours) END
), base AS (
    SELECT d.*, '(this one)'::pg_catalog.text AS name FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
    UNION ALL
    SELECT d.*, d.datname::pg_catalog.text FROM pg_catalog.pg_database d
    WHERE ours IS NULL AND d.oid >= 16384 AND d.datname <> pg_catalog.current_database() AND NOT pg_catalog.starts_with(d.datname::pg_catalog.text, 'pytest_ctb')
), tablespace AS (
    SELECT t.* FROM pg_catalog.pg_tablespace t WHERE ours IS NULL
), privilege AS (
    SELECT 'database' AS kind, b.name, b.datdba AS owner, b.datacl AS acl, 'd'::pg_catalog."char" AS objtype FROM base b
    UNION ALL
    SELECT 'tablespace', t.spcname::pg_catalog.text, t.spcowner, t.spcacl, 't'::pg_catalog."char" FROM tablespace t
    /* from 15: UNION ALL
    SELECT 'parameter', p.parname, 10::pg_catalog.oid, ARRAY(
        SELECT a FROM pg_catalog.unnest(p.paracl) AS a
        WHERE ours IS NULL OR EXISTS (SELECT FROM pg_catalog.aclexplode(ARRAY[a]) AS x JOIN role r ON r.oid = x.grantee)), 'p'::pg_catalog."char"
    FROM pg_catalog.pg_parameter_acl p */
)

SELECT 'role' AS kind, pg_catalog.pg_get_userbyid(r.oid)::pg_catalog.text AS name,
       pg_catalog.concat_ws(' ', CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN NOT r.rolinherit THEN 'NOINHERIT' END,
                 CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
                 CASE WHEN r.rolcanlogin THEN 'LOGIN' END, CASE WHEN r.rolreplication THEN 'REPLICATION' END,
                 CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END, 'CONNECTION LIMIT ' || nullif(r.rolconnlimit, -1),
                 'VALID UNTIL ' || nullif(r.rolvaliduntil, 'infinity')
                 /* superuser: , (SELECT 'PASSWORD' FROM pg_catalog.pg_authid a WHERE a.oid = r.oid AND a.rolpassword IS NOT NULL) */
       ) AS definition, NULL AS of_kind, NULL AS of_name
FROM role r

UNION ALL
SELECT 'membership', pg_catalog.format('of %s in %s', pg_catalog.pg_get_userbyid(m.member), pg_catalog.pg_get_userbyid(m.roleid)),
       pg_catalog.string_agg(pg_catalog.concat_ws(' ', 'GRANTED BY', pg_catalog.pg_get_userbyid(m.grantor), CASE WHEN m.admin_option THEN 'WITH ADMIN' END
                  /* from 16: , CASE WHEN m.inherit_option THEN 'WITH INHERIT' END, CASE WHEN m.set_option THEN 'WITH SET' END */
           ), E'\n' ORDER BY pg_catalog.pg_get_userbyid(m.grantor)),
       'role', pg_catalog.pg_get_userbyid(m.roleid)
FROM pg_catalog.pg_auth_members m
WHERE m.roleid IN (SELECT r.oid FROM role r) OR m.member IN (SELECT r.oid FROM role r)
GROUP BY m.member, m.roleid

UNION ALL
SELECT 'setting',
       pg_catalog.concat_ws(' ', pg_catalog.split_part(line, '=', 1), 'of',
           CASE WHEN s.setrole <> 0 THEN 'role ' || pg_catalog.pg_get_userbyid(s.setrole) WHEN s.setdatabase = 0 THEN 'all roles' END,
           CASE WHEN s.setrole <> 0 AND s.setdatabase <> 0 THEN 'in' END,
           CASE WHEN s.setdatabase <> 0 THEN 'database ' || b.name END),
       pg_catalog.substr(line, pg_catalog.strpos(line, '=') + 1),
       CASE WHEN s.setrole <> 0 THEN 'role' ELSE 'database' END,
       CASE WHEN s.setrole <> 0 THEN pg_catalog.pg_get_userbyid(s.setrole)::pg_catalog.text ELSE b.name END
FROM pg_catalog.pg_db_role_setting s LEFT JOIN base b ON b.oid = s.setdatabase, pg_catalog.unnest(s.setconfig) AS line
WHERE (s.setdatabase = 0 OR b.oid IS NOT NULL) AND (s.setrole IN (SELECT r.oid FROM role r) OR (s.setrole = 0 AND (ours IS NULL OR b.oid IS NOT NULL)))
  AND NOT pg_catalog.starts_with(line, 'application_name=pytest_ctb') -- our mark

UNION ALL
SELECT 'database', b.name,
       pg_catalog.concat_ws(' ', CASE WHEN b.datconnlimit <> -1 THEN 'CONNECTION LIMIT ' || b.datconnlimit END, CASE WHEN NOT b.datallowconn THEN 'ALLOW_CONNECTIONS false' END,
                 CASE WHEN b.datistemplate THEN 'IS_TEMPLATE true' END,
                 (SELECT 'TABLESPACE ' || t.spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = b.dattablespace AND t.spcname <> 'pg_default'),
                 'OWNER ' || pg_catalog.pg_get_userbyid(b.datdba)), NULL, NULL
FROM base b

UNION ALL
SELECT 'tablespace', t.spcname::pg_catalog.text,
       pg_catalog.concat_ws(' ', 'WITH (' || (SELECT pg_catalog.string_agg(o, ', ' ORDER BY o) FROM pg_catalog.unnest(t.spcoptions) o) || ')',
                 'OWNER ' || pg_catalog.pg_get_userbyid(t.spcowner)), NULL, NULL
FROM tablespace t

UNION ALL
SELECT 'privileges', p.kind || ' ' || p.name,
       (SELECT pg_catalog.string_agg(grantee || ': ' || privileges, E'\n' ORDER BY grantee)
        FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(x.grantee) END
                     || CASE x.grantor WHEN p.owner THEN '' ELSE ' by ' || pg_catalog.pg_get_userbyid(x.grantor) END AS grantee,
                     pg_catalog.string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END, ', '
                                ORDER BY x.privilege_type) AS privileges
              FROM pg_catalog.aclexplode(p.acl) x GROUP BY 1) AS granted),
       p.kind, p.name
FROM privilege p
WHERE p.acl IS NOT NULL AND pg_catalog.cardinality(p.acl) > 0
  AND (SELECT pg_catalog.array_agg(x::pg_catalog.text ORDER BY x::pg_catalog.text) FROM pg_catalog.unnest(p.acl) x)
      IS DISTINCT FROM (SELECT pg_catalog.array_agg(x::pg_catalog.text ORDER BY x::pg_catalog.text) FROM pg_catalog.unnest(pg_catalog.acldefault(p.objtype, p.owner)) x)

UNION ALL
-- Where Postgres's own objects, and those of extensions, have other privileges than they came with.
SELECT 'system privileges', o.kind || ' ' || o.name,
       (SELECT pg_catalog.string_agg(grantee || ': ' || privileges, E'\n' ORDER BY grantee)
        FROM (SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(x.grantee) END AS grantee,
                     pg_catalog.string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN '*' ELSE '' END, ', '
                                ORDER BY x.privilege_type) AS privileges
              FROM pg_catalog.aclexplode(o.acl) x GROUP BY 1) AS granted), NULL, NULL
FROM (SELECT 'function' AS kind, n.nspname || '.' || p.proname || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')' AS name,
             coalesce(p.proacl, pg_catalog.acldefault('f', p.proowner)) AS acl, coalesce(p.initprivs, pg_catalog.acldefault('f', p.proowner)) AS initial
      FROM (SELECT p.oid, p.proname, p.pronamespace, p.proargtypes, p.proowner, p.proacl, i.initprivs
            FROM pg_catalog.pg_proc p
            LEFT JOIN pg_catalog.pg_init_privs i ON i.objoid = p.oid AND i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND i.objsubid = 0
            WHERE p.proacl IS NOT NULL OR i.objoid IS NOT NULL OFFSET 0) AS p
      JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
      WHERE p.oid < 16384 OR EXISTS (
          SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND m.objid = p.oid AND m.deptype = 'e')
      UNION ALL
      SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname || '.' || c.relname,
             coalesce(c.relacl, pg_catalog.acldefault((CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::pg_catalog."char", c.relowner)),
             coalesce(i.initprivs, pg_catalog.acldefault((CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::pg_catalog."char", c.relowner))
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      LEFT JOIN pg_catalog.pg_init_privs i ON i.objoid = c.oid AND i.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND i.objsubid = 0
      WHERE (c.relacl IS NOT NULL OR i.objoid IS NOT NULL) AND (c.oid < 16384 OR EXISTS (
          SELECT FROM pg_catalog.pg_depend m WHERE m.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND m.objid = c.oid AND m.deptype = 'e'))) AS o
WHERE (SELECT pg_catalog.array_agg(x::pg_catalog.text ORDER BY x::pg_catalog.text) FROM pg_catalog.unnest(o.acl) x)
      IS DISTINCT FROM (SELECT pg_catalog.array_agg(x::pg_catalog.text ORDER BY x::pg_catalog.text) FROM pg_catalog.unnest(o.initial) x)

UNION ALL
SELECT 'comment', k.kind || ' ' || k.name, c.description, k.kind, k.name
FROM (SELECT 'database' AS kind, b.name, b.oid, 'pg_catalog.pg_database'::pg_catalog.regclass AS class FROM base b
      UNION ALL
      SELECT 'role', pg_catalog.pg_get_userbyid(r.oid), r.oid, 'pg_catalog.pg_authid'::pg_catalog.regclass FROM role r
      UNION ALL
      SELECT 'tablespace', t.spcname, t.oid, 'pg_catalog.pg_tablespace'::pg_catalog.regclass FROM tablespace t) AS k
JOIN pg_catalog.pg_shdescription c ON c.objoid = k.oid AND c.classoid = k.class

UNION ALL
SELECT 'comment', 'event trigger ' || e.evtname, d.description, 'event trigger', e.evtname::pg_catalog.text
FROM pg_catalog.pg_event_trigger e JOIN pg_catalog.pg_description d ON d.objoid = e.oid AND d.classoid = 'pg_catalog.pg_event_trigger'::pg_catalog.regclass

UNION ALL
SELECT 'comment', 'subscription ' || s.subname, d.description, 'subscription', s.subname::pg_catalog.text
FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_description d ON d.objoid = s.oid AND d.classoid = 'pg_catalog.pg_subscription'::pg_catalog.regclass
WHERE s.subdbid = (SELECT b.oid FROM base b WHERE b.name = '(this one)')

UNION ALL
SELECT 'subscription', s.subname::pg_catalog.text,
       pg_catalog.concat_ws(' ', 'PUBLICATION', pg_catalog.array_to_string(s.subpublications, ', '), CASE WHEN s.subenabled THEN 'ENABLED' END,
                 'BINARY ' || s.subbinary, 'STREAMING ' || s.substream::pg_catalog.text, 'SLOT ' || s.subslotname, 'SYNCHRONOUS_COMMIT ' || s.subsynccommit,
                 /* from 15: 'TWO_PHASE ' || s.subtwophasestate::pg_catalog.text, 'DISABLE_ON_ERROR ' || s.subdisableonerr, */
                 /* from 16: 'PASSWORD_REQUIRED ' || s.subpasswordrequired, 'RUN_AS_OWNER ' || s.subrunasowner, 'ORIGIN ' || s.suborigin, */
                 /* from 17: 'FAILOVER ' || s.subfailover, */
                 /* superuser: 'CONNECTION ' || s.subconninfo, */
                 'OWNER ' || pg_catalog.pg_get_userbyid(s.subowner)), NULL, NULL
FROM pg_catalog.pg_subscription s WHERE s.subdbid = (SELECT b.oid FROM base b WHERE b.name = '(this one)')
