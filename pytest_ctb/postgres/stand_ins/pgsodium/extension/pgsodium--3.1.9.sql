\echo Use "CREATE EXTENSION pgsodium" to load this file. \quit

-- A stand-in for pgsodium: the names and signatures of the real extension (https://github.com/michelp/pgsodium).
-- Its tables, and of its functions those that migrations name; nothing is encrypted: they raise 0A000 when they are called.

CREATE TYPE pgsodium.key_status AS ENUM ('default', 'valid', 'invalid', 'expired');
CREATE TYPE pgsodium.key_type AS ENUM ('aead-ietf', 'aead-det', 'hmacsha512', 'hmacsha256', 'auth', 'shorthash', 'generichash', 'kdf', 'secretbox', 'secretstream', 'stream_xchacha20');
CREATE TABLE pgsodium.key (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    status pgsodium.key_status DEFAULT 'valid',
    created timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    expires timestamptz,
    key_type pgsodium.key_type,
    key_id bigint,
    key_context bytea DEFAULT '\x7067736f6469756d',
    name text UNIQUE,
    associated_data text DEFAULT 'associated',
    raw_key bytea,
    raw_key_nonce bytea,
    parent_key uuid REFERENCES pgsodium.key,
    comment text,
    user_data text
);
CREATE VIEW pgsodium.valid_key AS
    SELECT id, name, status, key_type, key_id, key_context, created, expires, associated_data FROM pgsodium.key
    WHERE status IN ('valid', 'default') AND (expires IS NULL OR expires > now());

CREATE FUNCTION pgsodium.create_key(key_type pgsodium.key_type DEFAULT 'aead-det', name text DEFAULT NULL, raw_key bytea DEFAULT NULL, raw_key_nonce bytea DEFAULT NULL, parent_key uuid DEFAULT NULL, key_context bytea DEFAULT '\x7067736f6469756d', expires timestamptz DEFAULT NULL, associated_data text DEFAULT '') RETURNS pgsodium.valid_key LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgsodium cannot do create_key()' USING ERRCODE = '0A000', HINT =
        'Nothing is encrypted here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgsodium.crypto_aead_det_encrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea DEFAULT NULL) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgsodium cannot do crypto_aead_det_encrypt()' USING ERRCODE = '0A000', HINT =
        'Nothing is encrypted here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgsodium.crypto_aead_det_decrypt(message bytea, additional bytea, key_uuid uuid, nonce bytea DEFAULT NULL) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgsodium cannot do crypto_aead_det_decrypt()' USING ERRCODE = '0A000', HINT =
        'Nothing is encrypted here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgsodium.crypto_aead_det_noncegen() RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgsodium cannot do crypto_aead_det_noncegen()' USING ERRCODE = '0A000', HINT =
        'Nothing is encrypted here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION pgsodium.randombytes_buf(size integer) RETURNS bytea LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for pgsodium cannot do randombytes_buf()' USING ERRCODE = '0A000', HINT =
        'Nothing is encrypted here. Let a function do it instead of the migration, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

GRANT USAGE ON SCHEMA pgsodium TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL TABLES IN SCHEMA pgsodium TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL ROUTINES IN SCHEMA pgsodium TO @extowner@ WITH GRANT OPTION;
