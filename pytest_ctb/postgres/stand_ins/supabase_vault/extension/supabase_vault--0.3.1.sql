\echo Use "CREATE EXTENSION supabase_vault" to load this file. \quit

-- A stand-in for supabase_vault: the names and signatures of the real extension (https://github.com/supabase/vault).
-- No secret is kept: what makes or changes one raises 0A000 when it is called, and none can be read.

CREATE TABLE vault.secrets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text,
    description text NOT NULL DEFAULT '',
    secret text NOT NULL,
    key_id uuid,
    nonce bytea,
    created_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP
);
COMMENT ON TABLE vault.secrets IS 'Table with encrypted `secret` column for storing sensitive information on disk.';
CREATE UNIQUE INDEX ON vault.secrets (name) WHERE name IS NOT NULL;
CREATE VIEW vault.decrypted_secrets AS
    SELECT id, name, description, secret, NULL::text AS decrypted_secret, key_id, nonce, created_at, updated_at FROM vault.secrets;

CREATE FUNCTION vault.create_secret(new_secret text, new_name text DEFAULT NULL, new_description text DEFAULT '', new_key_id uuid DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for supabase_vault cannot do create_secret()' USING ERRCODE = '0A000', HINT =
        'A secret does not belong in a migration. Create it by hand, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION vault.update_secret(secret_id uuid, new_secret text DEFAULT NULL, new_name text DEFAULT NULL, new_description text DEFAULT NULL, new_key_id uuid DEFAULT NULL) RETURNS void LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for supabase_vault cannot do update_secret()' USING ERRCODE = '0A000', HINT =
        'A secret does not belong in a migration. Create it by hand, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION vault._crypto_aead_det_encrypt(message bytea, additional bytea, key_id bigint, context bytea DEFAULT 'pgsodium', nonce bytea DEFAULT NULL) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for supabase_vault cannot do _crypto_aead_det_encrypt()' USING ERRCODE = '0A000', HINT =
        'A secret does not belong in a migration. Create it by hand, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION vault._crypto_aead_det_decrypt(message bytea, additional bytea, key_id bigint, context bytea DEFAULT 'pgsodium', nonce bytea DEFAULT NULL) RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for supabase_vault cannot do _crypto_aead_det_decrypt()' USING ERRCODE = '0A000', HINT =
        'A secret does not belong in a migration. Create it by hand, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

CREATE FUNCTION vault._crypto_aead_det_noncegen() RETURNS bytea LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    RAISE EXCEPTION 'the stand-in for supabase_vault cannot do _crypto_aead_det_noncegen()' USING ERRCODE = '0A000', HINT =
        'A secret does not belong in a migration. Create it by hand, or take a server that has the real extension (--ctb-postgres); ctb_stand_ins = off refuses stand-ins.';
END $$;

-- As Supabase's own script behind CREATE EXTENSION.
GRANT USAGE ON SCHEMA vault TO @extowner@ WITH GRANT OPTION;
GRANT SELECT, DELETE ON vault.secrets, vault.decrypted_secrets TO @extowner@ WITH GRANT OPTION;
GRANT ALL ON ALL ROUTINES IN SCHEMA vault TO @extowner@ WITH GRANT OPTION;
