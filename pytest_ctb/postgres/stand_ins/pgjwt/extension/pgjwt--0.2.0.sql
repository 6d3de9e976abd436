\echo Use "CREATE EXTENSION pgjwt" to load this file. \quit

-- A stand-in for pgjwt: the names and signatures of the real extension (https://github.com/michelp/pgjwt).
-- No token is signed or read: each function raises 0A000 when it is called.

CREATE FUNCTION url_encode(data bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgjwt cannot do url_encode()' USING ERRCODE = '0A000', HINT =
        'Nothing is signed here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION url_decode(data text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgjwt cannot do url_decode()' USING ERRCODE = '0A000', HINT =
        'Nothing is signed here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION algorithm_sign(signables text, secret text, algorithm text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgjwt cannot do algorithm_sign()' USING ERRCODE = '0A000', HINT =
        'Nothing is signed here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION sign(payload json, secret text, algorithm text DEFAULT 'HS256') RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgjwt cannot do sign()' USING ERRCODE = '0A000', HINT =
        'Nothing is signed here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION verify(token text, secret text, algorithm text DEFAULT 'HS256') RETURNS TABLE (header json, payload json, valid boolean) LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgjwt cannot do verify()' USING ERRCODE = '0A000', HINT =
        'Nothing is signed here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION try_cast_double(inp text) RETURNS double precision LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgjwt cannot do try_cast_double()' USING ERRCODE = '0A000', HINT =
        'Nothing is signed here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;
