\echo Use "CREATE EXTENSION pg_graphql" to load this file. \quit

-- A stand-in for pg_graphql: the names and signatures of the real extension (https://github.com/supabase/pg_graphql).
-- Nothing answers a query: what does raises 0A000 when it is called.

CREATE SEQUENCE graphql.seq_schema_version AS integer CYCLE;
CREATE FUNCTION graphql.get_schema_version() RETURNS integer LANGUAGE sql SECURITY DEFINER
AS 'SELECT last_value::integer FROM graphql.seq_schema_version';
CREATE FUNCTION graphql.comment_directive(comment_ text) RETURNS jsonb LANGUAGE sql IMMUTABLE
RETURN coalesce((regexp_match(comment_, '@graphql\((.+)\)'))[1]::jsonb, '{}');
CREATE FUNCTION graphql.exception(message text) RETURNS text LANGUAGE plpgsql
AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''22000'', MESSAGE = message; END';

CREATE FUNCTION graphql.resolve(query text, variables jsonb DEFAULT '{}', "operationName" text DEFAULT NULL, extensions jsonb DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_graphql cannot do resolve()' USING ERRCODE = '0A000', HINT =
        'Nothing answers GraphQL here. Ask the table itself, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION graphql._internal_resolve(query text, variables jsonb DEFAULT '{}', "operationName" text DEFAULT NULL, extensions jsonb DEFAULT NULL) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_graphql cannot do _internal_resolve()' USING ERRCODE = '0A000', HINT =
        'Nothing answers GraphQL here. Ask the table itself, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

-- As Supabase's own script behind CREATE EXTENSION.
GRANT USAGE ON SCHEMA graphql TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL ROUTINES IN SCHEMA graphql TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL SEQUENCES IN SCHEMA graphql TO @extowner@ WITH GRANT OPTION;
