-- CREATE EXTENSION for the role that migrates, of what the server does not call trusted: as platforms give it, and as the
-- server itself does with those that it trusts (manual, CREATE EXTENSION): the superuser runs the script and owns what it
-- makes, the role owns the extension. So no function that is kept from PUBLIC is the role's. Raises what the server raises.

CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_hand_over(known pg_catalog.oid[]) RETURNS pg_catalog.void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $ctb$
DECLARE
    role pg_catalog.oid := (SELECT r.oid FROM pg_catalog.pg_roles AS r WHERE r.rolname = session_user);
    made pg_catalog.record;
BEGIN
    FOR made IN
        SELECT d.classid, d.objid, o.type, o.identity
        FROM pg_catalog.pg_extension AS e
        JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
            AND d.refobjid = e.oid AND d.deptype = 'e',
        LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) AS o
        WHERE e.oid <> ALL (known)
            AND o.type IN ('foreign-data wrapper', 'schema', 'table', 'view', 'materialized view', 'sequence')
    LOOP
        EXECUTE pg_catalog.format(
            'GRANT ALL ON %s %s TO %I WITH GRANT OPTION',
            CASE made.type WHEN 'foreign-data wrapper' THEN 'FOREIGN DATA WRAPPER' WHEN 'schema' THEN 'SCHEMA'
                WHEN 'sequence' THEN 'SEQUENCE' ELSE 'TABLE' END,
            made.identity, session_user);
    END LOOP;
    UPDATE pg_catalog.pg_extension SET extowner = role WHERE oid <> ALL (known);
END
$ctb$;
REVOKE EXECUTE ON FUNCTION pg_catalog.pytest_ctb_hand_over(pg_catalog.oid[]) FROM PUBLIC;

-- Runs with the search_path of the role, in whose first schema the extension comes to lie: so it uses no operator, and
-- names everything in full.
CREATE OR REPLACE FUNCTION pg_catalog.pytest_ctb_extension(
    name pg_catalog.text, space pg_catalog.text, version pg_catalog.text, guarded pg_catalog.bool, cascading pg_catalog.bool)
RETURNS pg_catalog.void LANGUAGE plpgsql SECURITY DEFINER AS $ctb$
DECLARE
    known pg_catalog.oid[] := ARRAY(SELECT e.oid FROM pg_catalog.pg_extension AS e);
BEGIN
    EXECUTE pg_catalog.concat(
        'CREATE EXTENSION ', CASE WHEN guarded THEN 'IF NOT EXISTS ' END, pg_catalog.quote_ident(name),
        CASE WHEN space IS NOT NULL THEN pg_catalog.concat(' SCHEMA ', pg_catalog.quote_ident(space)) END,
        CASE WHEN version IS NOT NULL THEN pg_catalog.concat(' VERSION ', pg_catalog.quote_literal(version)) END,
        CASE WHEN cascading THEN ' CASCADE' END);
    PERFORM pg_catalog.pytest_ctb_hand_over(known);
END
$ctb$;
