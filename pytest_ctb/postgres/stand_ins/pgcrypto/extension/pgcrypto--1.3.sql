\echo Use "CREATE EXTENSION pgcrypto" to load this file. \quit

-- A stand-in for pgcrypto: the signatures of the real extension (https://www.postgresql.org/docs/current/pgcrypto.html),
-- written on core functions. What those cannot express raises 0A000 when it is called.
-- An SQL-standard body finds the functions beside it by number, so ALTER EXTENSION … SET SCHEMA does not break it.

CREATE FUNCTION digest(bytea, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    mask CONSTANT bigint := 4294967295;
    message bytea;
    w bigint[];
    x bigint;
    f bigint;
    k bigint;
    a bigint; b bigint; c bigint; d bigint; e bigint;
    h0 bigint := 1732584193; h1 bigint := 4023233417; h2 bigint := 2562383102; h3 bigint := 271733878; h4 bigint := 3285377520;
BEGIN
    CASE lower($2)
        WHEN 'md5' THEN RETURN decode(md5($1), 'hex');
        WHEN 'sha224' THEN RETURN sha224($1);
        WHEN 'sha256' THEN RETURN sha256($1);
        WHEN 'sha384' THEN RETURN sha384($1);
        WHEN 'sha512' THEN RETURN sha512($1);
        WHEN 'sha1' THEN NULL;
        ELSE
            RAISE EXCEPTION 'the stand-in for pgcrypto has no hash algorithm "%"', $2 USING
                ERRCODE = '0A000',
                DETAIL = 'It has md5, sha1, sha224, sha256, sha384 and sha512.',
                HINT = 'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
    END CASE;
    -- SHA-1 as in FIPS 180-4, 6.1: core has none.
    message := $1 || '\x80'::bytea || decode(repeat('00', (119 - length($1) % 64) % 64), 'hex') || int8send(length($1)::bigint * 8);
    FOR block IN 0 .. length(message) / 64 - 1 LOOP
        FOR t IN 0 .. 15 LOOP
            w[t] := ('x' || encode(substr(message, block * 64 + t * 4 + 1, 4), 'hex'))::bit(32)::bigint;
        END LOOP;
        FOR t IN 16 .. 79 LOOP
            x := w[t - 3] # w[t - 8] # w[t - 14] # w[t - 16];
            w[t] := ((x << 1) | (x >> 31)) & mask;
        END LOOP;
        a := h0; b := h1; c := h2; d := h3; e := h4;
        FOR t IN 0 .. 79 LOOP
            IF t < 20 THEN
                f := (b & c) | ((b # mask) & d); k := 1518500249;
            ELSIF t < 40 THEN
                f := b # c # d; k := 1859775393;
            ELSIF t < 60 THEN
                f := (b & c) | (b & d) | (c & d); k := 2400959708;
            ELSE
                f := b # c # d; k := 3395469782;
            END IF;
            x := ((((a << 5) | (a >> 27)) & mask) + f + e + k + w[t]) & mask;
            e := d; d := c; c := ((b << 30) | (b >> 2)) & mask; b := a; a := x;
        END LOOP;
        h0 := (h0 + a) & mask; h1 := (h1 + b) & mask; h2 := (h2 + c) & mask; h3 := (h3 + d) & mask; h4 := (h4 + e) & mask;
    END LOOP;
    RETURN substr(int8send(h0), 5) || substr(int8send(h1), 5) || substr(int8send(h2), 5) || substr(int8send(h3), 5) || substr(int8send(h4), 5);
END $$;

CREATE FUNCTION digest(text, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN digest(convert_to($1, getdatabaseencoding()), $2);

-- RFC 2104. A block is 128 bytes for the two long hashes, 64 for the others.
CREATE FUNCTION hmac(bytea, bytea, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT digest(
        string_agg(set_byte('\x00'::bytea, 0, get_byte(key, n) # 92), ''::bytea ORDER BY n)
        || digest(string_agg(set_byte('\x00'::bytea, 0, get_byte(key, n) # 54), ''::bytea ORDER BY n) || $1, $3),
        $3)
    FROM (SELECT CASE WHEN lower($3) IN ('sha384', 'sha512') THEN 128 ELSE 64 END AS size) AS block,
         LATERAL (SELECT CASE WHEN length($2) > size THEN digest($2, $3) ELSE $2 END AS short) AS shortened,
         LATERAL (SELECT short || decode(repeat('00', size - length(short)), 'hex') AS key) AS filled,
         generate_series(0, size - 1) AS n;
END;

CREATE FUNCTION hmac(text, text, text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN hmac(convert_to($1, getdatabaseencoding()), convert_to($2, getdatabaseencoding()), $3);

CREATE FUNCTION gen_random_uuid() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN pg_catalog.gen_random_uuid();

-- Two random UUIDs are 244 bits from the server's strong source, hashed to 256.
CREATE FUNCTION gen_random_bytes(int4) RETURNS bytea LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE AS $$
DECLARE
    made bytea := '';
BEGIN
    IF $1 NOT BETWEEN 1 AND 1024 THEN
        RAISE EXCEPTION 'Length not in range' USING ERRCODE = '39000';
    END IF;
    WHILE length(made) < $1 LOOP
        made := made || sha256(uuid_send(pg_catalog.gen_random_uuid()) || uuid_send(pg_catalog.gen_random_uuid()));
    END LOOP;
    RETURN substr(made, 1, $1);
END $$;

-- What core functions cannot express.
CREATE FUNCTION crypt(text, text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do crypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION gen_salt(text) RETURNS text LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do gen_salt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION gen_salt(text, int4) RETURNS text LANGUAGE plpgsql VOLATILE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do gen_salt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION encrypt(bytea, bytea, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do encrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION decrypt(bytea, bytea, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do decrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION encrypt_iv(bytea, bytea, bytea, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do encrypt_iv()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION decrypt_iv(bytea, bytea, bytea, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do decrypt_iv()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_sym_encrypt(text, text) RETURNS bytea LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_sym_encrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_sym_encrypt_bytea(bytea, text) RETURNS bytea LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_sym_encrypt_bytea()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_sym_encrypt(text, text, text) RETURNS bytea LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_sym_encrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_sym_encrypt_bytea(bytea, text, text) RETURNS bytea LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_sym_encrypt_bytea()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_sym_decrypt(bytea, text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_sym_decrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_sym_decrypt_bytea(bytea, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_sym_decrypt_bytea()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_sym_decrypt(bytea, text, text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_sym_decrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_sym_decrypt_bytea(bytea, text, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_sym_decrypt_bytea()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_pub_encrypt(text, bytea) RETURNS bytea LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_pub_encrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_pub_encrypt_bytea(bytea, bytea) RETURNS bytea LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_pub_encrypt_bytea()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_pub_encrypt(text, bytea, text) RETURNS bytea LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_pub_encrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_pub_encrypt_bytea(bytea, bytea, text) RETURNS bytea LANGUAGE plpgsql STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_pub_encrypt_bytea()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_pub_decrypt(bytea, bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_pub_decrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_pub_decrypt_bytea(bytea, bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_pub_decrypt_bytea()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_pub_decrypt(bytea, bytea, text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_pub_decrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_pub_decrypt_bytea(bytea, bytea, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_pub_decrypt_bytea()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_pub_decrypt(bytea, bytea, text, text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_pub_decrypt()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_pub_decrypt_bytea(bytea, bytea, text, text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_pub_decrypt_bytea()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_key_id(bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_key_id()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION armor(bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do armor()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION armor(bytea, text[], text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do armor()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION dearmor(text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do dearmor()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgp_armor_headers(text, key OUT text, value OUT text) RETURNS SETOF record LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgcrypto cannot do pgp_armor_headers()' USING ERRCODE = '0A000', HINT =
        'Take a server that has the real extension: --ctb-postgres local (Debian: apt-get install postgresql) or --ctb-postgres docker; ctb_stand_ins = off refuses stand-ins.';
END $$;
