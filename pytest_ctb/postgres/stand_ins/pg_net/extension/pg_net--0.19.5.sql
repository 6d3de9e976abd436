\echo Use "CREATE EXTENSION pg_net" to load this file. \quit

-- A stand-in for pg_net: the names and signatures of the real extension (https://github.com/supabase/pg_net).
-- No request is sent: each function raises 0A000 when it is called.

CREATE SCHEMA IF NOT EXISTS net;
CREATE DOMAIN net.http_method AS text CHECK (value ILIKE 'get' OR value ILIKE 'post' OR value ILIKE 'delete');
CREATE TYPE net.request_status AS ENUM ('PENDING', 'SUCCESS', 'ERROR');
CREATE TYPE net.http_response AS (status_code integer, headers jsonb, body text);
CREATE TYPE net.http_response_result AS (status net.request_status, message text, response net.http_response);
CREATE UNLOGGED TABLE net.http_request_queue (
    id bigserial,
    method net.http_method NOT NULL,
    url text NOT NULL,
    headers jsonb,
    body bytea,
    timeout_milliseconds integer NOT NULL
);
CREATE UNLOGGED TABLE net._http_response (
    id bigint,
    status_code integer,
    content_type text,
    headers jsonb,
    content text,
    timed_out boolean,
    error_msg text,
    created timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON net._http_response (created);

CREATE FUNCTION net.http_get(url text, params jsonb DEFAULT '{}', headers jsonb DEFAULT '{}', timeout_milliseconds integer DEFAULT 5000) RETURNS bigint LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_net cannot do http_get()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION net.http_post(url text, body jsonb DEFAULT '{}', params jsonb DEFAULT '{}', headers jsonb DEFAULT '{"Content-Type": "application/json"}', timeout_milliseconds integer DEFAULT 5000) RETURNS bigint LANGUAGE plpgsql PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_net cannot do http_post()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION net.http_delete(url text, params jsonb DEFAULT '{}', headers jsonb DEFAULT '{}', timeout_milliseconds integer DEFAULT 5000, body jsonb DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_net cannot do http_delete()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION net._http_collect_response(request_id bigint, async boolean DEFAULT true) RETURNS net.http_response_result LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_net cannot do _http_collect_response()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION net.http_collect_response(request_id bigint, async boolean DEFAULT true) RETURNS net.http_response_result LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_net cannot do http_collect_response()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION net._await_response(request_id bigint) RETURNS boolean LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_net cannot do _await_response()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION net._urlencode_string(string varchar) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_net cannot do _urlencode_string()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION net._encode_url_with_params_array(url text, params_array text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_net cannot do _encode_url_with_params_array()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION net.check_worker_is_up() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_net cannot do check_worker_is_up()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION net.worker_restart() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pg_net cannot do worker_restart()' USING ERRCODE = '0A000', HINT =
        'No request leaves a test. Let a function or a job send it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

GRANT USAGE ON SCHEMA net TO PUBLIC;
GRANT ALL ON ALL TABLES IN SCHEMA net TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA net TO PUBLIC;
-- As Supabase's own script behind CREATE EXTENSION: who creates it may grant it.
GRANT USAGE ON SCHEMA net TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL TABLES IN SCHEMA net TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL ROUTINES IN SCHEMA net TO @extowner@ WITH GRANT OPTION;
