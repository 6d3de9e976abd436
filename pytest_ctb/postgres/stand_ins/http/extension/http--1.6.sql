\echo Use "CREATE EXTENSION http" to load this file. \quit

-- A stand-in for http: the names and signatures of the real extension (https://github.com/pramsey/pgsql-http).
-- No request is sent: what sends one raises 0A000 when it is called.

CREATE DOMAIN http_method AS text;
CREATE DOMAIN content_type AS text CHECK (value ~ '^\S+\/\S+');
CREATE TYPE http_header AS (field varchar, value varchar);
CREATE TYPE http_response AS (status integer, content_type varchar, headers http_header[], content varchar);
CREATE TYPE http_request AS (method http_method, uri varchar, headers http_header[], content_type varchar, content varchar);
CREATE FUNCTION http_header(field varchar, value varchar) RETURNS http_header LANGUAGE sql
RETURN ROW(field, value)::http_header;
CREATE FUNCTION http_set_curlopt(curlopt varchar, value varchar) RETURNS boolean LANGUAGE sql
RETURN true;
CREATE FUNCTION http_reset_curlopt() RETURNS boolean LANGUAGE sql
RETURN true;
CREATE FUNCTION http_list_curlopt() RETURNS TABLE (curlopt text, value text) LANGUAGE sql AS 'SELECT NULL::text, NULL::text WHERE false';

CREATE FUNCTION http(request http_request) RETURNS http_response LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do http()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION http_get(uri varchar) RETURNS http_response LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do http_get()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION http_get(uri varchar, data jsonb) RETURNS http_response LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do http_get()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION http_post(uri varchar, content varchar, content_type varchar) RETURNS http_response LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do http_post()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION http_post(uri varchar, data jsonb) RETURNS http_response LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do http_post()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION http_put(uri varchar, content varchar, content_type varchar) RETURNS http_response LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do http_put()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION http_patch(uri varchar, content varchar, content_type varchar) RETURNS http_response LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do http_patch()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION http_delete(uri varchar) RETURNS http_response LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do http_delete()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION http_delete(uri varchar, content varchar, content_type varchar) RETURNS http_response LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do http_delete()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION http_head(uri varchar) RETURNS http_response LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do http_head()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION urlencode(string varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do urlencode()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION urlencode(string bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do urlencode()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION urlencode(data jsonb) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for http cannot do urlencode()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION text_to_bytea(data text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT
RETURN convert_to(data, 'UTF8');
CREATE FUNCTION bytea_to_text(data bytea) RETURNS text LANGUAGE sql IMMUTABLE STRICT
RETURN convert_from(data, 'UTF8');
