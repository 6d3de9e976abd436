-- What a Supabase project has before its first migration, as far as migrations name it; no service runs behind it.

-- Roles: https://supabase.com/docs/guides/database/postgres/roles and
-- https://github.com/supabase/postgres/blob/develop/migrations/db/init-scripts/00000000000000-initial-schema.sql
-- One that the server has already stays as it is. Where the admin of a server may not give an attribute, it is left out.
-- Nobody logs in as one of them here but `postgres`, who migrates, on a server that the run starts.
DO $$ BEGIN
    IF to_regrole('anon') IS NULL THEN
        CREATE ROLE anon NOLOGIN NOINHERIT;
    END IF;
END $$;
DO $$ BEGIN
    IF to_regrole('authenticated') IS NULL THEN
        CREATE ROLE authenticated NOLOGIN NOINHERIT;
    END IF;
END $$;
DO $$ BEGIN
    IF to_regrole('service_role') IS NULL THEN
        CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE service_role NOLOGIN NOINHERIT;
END $$;
DO $$ BEGIN
    IF to_regrole('authenticator') IS NULL THEN
        CREATE ROLE authenticator NOLOGIN NOINHERIT;
    END IF;
END $$;
DO $$ BEGIN
    IF to_regrole('dashboard_user') IS NULL THEN
        CREATE ROLE dashboard_user NOLOGIN CREATEDB CREATEROLE REPLICATION;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE dashboard_user NOLOGIN;
END $$;
DO $$ BEGIN
    IF to_regrole('pgbouncer') IS NULL THEN
        CREATE ROLE pgbouncer NOLOGIN;
    END IF;
END $$;
DO $$ BEGIN
    IF to_regrole('postgres') IS NULL THEN
        CREATE ROLE postgres NOLOGIN CREATEDB CREATEROLE;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE postgres NOLOGIN;
END $$;
DO $$ BEGIN
    IF to_regrole('supabase_admin') IS NULL THEN
        CREATE ROLE supabase_admin NOLOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE supabase_admin NOLOGIN;
END $$;
DO $$ BEGIN
    IF to_regrole('supabase_auth_admin') IS NULL THEN
        CREATE ROLE supabase_auth_admin NOLOGIN NOINHERIT CREATEROLE;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE supabase_auth_admin NOLOGIN NOINHERIT;
END $$;
DO $$ BEGIN
    IF to_regrole('supabase_storage_admin') IS NULL THEN
        CREATE ROLE supabase_storage_admin NOLOGIN NOINHERIT CREATEROLE;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE supabase_storage_admin NOLOGIN NOINHERIT;
END $$;
DO $$ BEGIN
    IF to_regrole('supabase_realtime_admin') IS NULL THEN
        CREATE ROLE supabase_realtime_admin NOLOGIN NOINHERIT;
    END IF;
END $$;
DO $$ BEGIN
    IF to_regrole('supabase_functions_admin') IS NULL THEN
        CREATE ROLE supabase_functions_admin NOLOGIN NOINHERIT CREATEROLE;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE supabase_functions_admin NOLOGIN NOINHERIT;
END $$;
DO $$ BEGIN
    IF to_regrole('supabase_replication_admin') IS NULL THEN
        CREATE ROLE supabase_replication_admin NOLOGIN REPLICATION;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE supabase_replication_admin NOLOGIN;
END $$;
DO $$ BEGIN
    IF to_regrole('supabase_read_only_user') IS NULL THEN
        CREATE ROLE supabase_read_only_user NOLOGIN BYPASSRLS;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE supabase_read_only_user NOLOGIN;
END $$;

-- Schemas: https://supabase.com/docs/guides/database/tables#schemas and the repository above.
CREATE SCHEMA extensions;
CREATE SCHEMA auth;
CREATE SCHEMA storage;
CREATE SCHEMA realtime;
CREATE SCHEMA graphql;
CREATE SCHEMA graphql_public;
CREATE SCHEMA vault;
CREATE SCHEMA pgsodium;
CREATE SCHEMA supabase_functions;
GRANT USAGE ON SCHEMA public, extensions, auth, storage, realtime, graphql, graphql_public, supabase_functions TO postgres, anon, authenticated, service_role;

-- Extensions that are there from the start: the same script, and https://supabase.com/docs/guides/database/extensions
-- They belong to whoever migrates: `postgres` on the platform, who owns the database here.
DO $$ BEGIN
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA extensions TO %I', (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()));
END $$;
SELECT set_config('role', pg_get_userbyid(datdba), false) FROM pg_database WHERE datname = current_database();
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;
RESET ROLE;

-- Auth: https://supabase.com/docs/guides/auth/managing-user-data and https://github.com/supabase/auth/tree/master/migrations
CREATE TYPE auth.aal_level AS ENUM ('aal1', 'aal2', 'aal3');
CREATE TYPE auth.factor_type AS ENUM ('totp', 'webauthn', 'phone');
CREATE TYPE auth.factor_status AS ENUM ('unverified', 'verified');
CREATE TYPE auth.one_time_token_type AS ENUM (
    'confirmation_token', 'reauthentication_token', 'recovery_token', 'email_change_token_new', 'email_change_token_current', 'phone_change_token'
);
CREATE TABLE auth.users (
    instance_id uuid,
    id uuid PRIMARY KEY,
    aud varchar(255),
    role varchar(255),
    email varchar(255),
    encrypted_password varchar(255),
    email_confirmed_at timestamptz,
    invited_at timestamptz,
    confirmation_token varchar(255),
    confirmation_sent_at timestamptz,
    recovery_token varchar(255),
    recovery_sent_at timestamptz,
    email_change_token_new varchar(255),
    email_change varchar(255),
    email_change_sent_at timestamptz,
    last_sign_in_at timestamptz,
    raw_app_meta_data jsonb,
    raw_user_meta_data jsonb,
    is_super_admin boolean,
    created_at timestamptz,
    updated_at timestamptz,
    phone text UNIQUE,
    phone_confirmed_at timestamptz,
    phone_change text DEFAULT '',
    phone_change_token varchar(255) DEFAULT '',
    phone_change_sent_at timestamptz,
    confirmed_at timestamptz GENERATED ALWAYS AS (LEAST(email_confirmed_at, phone_confirmed_at)) STORED,
    email_change_token_current varchar(255) DEFAULT '',
    email_change_confirm_status smallint DEFAULT 0 CHECK (email_change_confirm_status BETWEEN 0 AND 2),
    banned_until timestamptz,
    reauthentication_token varchar(255) DEFAULT '',
    reauthentication_sent_at timestamptz,
    is_sso_user boolean NOT NULL DEFAULT false,
    deleted_at timestamptz,
    is_anonymous boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX users_email_partial_key ON auth.users (email) WHERE NOT is_sso_user;
CREATE TABLE auth.identities (
    provider_id text NOT NULL,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    identity_data jsonb NOT NULL,
    provider text NOT NULL,
    last_sign_in_at timestamptz,
    created_at timestamptz,
    updated_at timestamptz,
    email text GENERATED ALWAYS AS (lower(identity_data ->> 'email')) STORED,
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    UNIQUE (provider_id, provider)
);
CREATE TABLE auth.sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    created_at timestamptz,
    updated_at timestamptz,
    factor_id uuid,
    aal auth.aal_level,
    not_after timestamptz,
    refreshed_at timestamp,
    user_agent text,
    ip inet,
    tag text
);
CREATE TABLE auth.refresh_tokens (
    instance_id uuid,
    id bigserial PRIMARY KEY,
    token varchar(255) UNIQUE,
    user_id varchar(255),
    revoked boolean,
    created_at timestamptz,
    updated_at timestamptz,
    parent varchar(255),
    session_id uuid REFERENCES auth.sessions ON DELETE CASCADE
);
CREATE TABLE auth.audit_log_entries (
    instance_id uuid,
    id uuid PRIMARY KEY,
    payload json,
    created_at timestamptz,
    ip_address varchar(64) NOT NULL DEFAULT ''
);
CREATE TABLE auth.instances (
    id uuid PRIMARY KEY,
    uuid uuid,
    raw_base_config text,
    created_at timestamptz,
    updated_at timestamptz
);
CREATE TABLE auth.mfa_factors (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    friendly_name text,
    factor_type auth.factor_type NOT NULL,
    status auth.factor_status NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    secret text,
    phone text,
    last_challenged_at timestamptz UNIQUE,
    web_authn_credential jsonb,
    web_authn_aaguid uuid
);
CREATE TABLE auth.mfa_challenges (
    id uuid PRIMARY KEY,
    factor_id uuid NOT NULL REFERENCES auth.mfa_factors ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    verified_at timestamptz,
    ip_address inet NOT NULL,
    otp_code text,
    web_authn_session_data jsonb
);
CREATE TABLE auth.mfa_amr_claims (
    session_id uuid NOT NULL REFERENCES auth.sessions ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    authentication_method text NOT NULL,
    id uuid PRIMARY KEY,
    UNIQUE (session_id, authentication_method)
);
CREATE TABLE auth.one_time_tokens (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES auth.users ON DELETE CASCADE,
    token_type auth.one_time_token_type NOT NULL,
    token_hash text NOT NULL CHECK (char_length(token_hash) > 0),
    relates_to text NOT NULL,
    created_at timestamp NOT NULL DEFAULT now(),
    updated_at timestamp NOT NULL DEFAULT now()
);
CREATE TABLE auth.sso_providers (
    id uuid PRIMARY KEY,
    resource_id text,
    created_at timestamptz,
    updated_at timestamptz
);
CREATE TABLE auth.sso_domains (
    id uuid PRIMARY KEY,
    sso_provider_id uuid NOT NULL REFERENCES auth.sso_providers ON DELETE CASCADE,
    domain text NOT NULL,
    created_at timestamptz,
    updated_at timestamptz
);
CREATE TABLE auth.schema_migrations (version varchar(255) PRIMARY KEY);

-- Who asks: the claims of the token, which the API sets for each request.
-- https://supabase.com/docs/guides/database/postgres/row-level-security#helper-functions
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE
RETURN coalesce(nullif(current_setting('request.jwt.claim', true), ''), nullif(current_setting('request.jwt.claims', true), ''))::jsonb;
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE
RETURN coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), auth.jwt() ->> 'sub')::uuid;
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE
RETURN coalesce(nullif(current_setting('request.jwt.claim.role', true), ''), auth.jwt() ->> 'role')::text;
CREATE FUNCTION auth.email() RETURNS text LANGUAGE sql STABLE
RETURN coalesce(nullif(current_setting('request.jwt.claim.email', true), ''), auth.jwt() ->> 'email')::text;

-- Storage: https://supabase.com/docs/guides/storage/schema/design and …/storage/schema/helper-functions
CREATE TYPE storage.buckettype AS ENUM ('STANDARD', 'ANALYTICS', 'VECTOR');
CREATE TABLE storage.buckets (
    id text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    owner uuid,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    public boolean DEFAULT false,
    avif_autodetection boolean DEFAULT false,
    file_size_limit bigint,
    allowed_mime_types text[],
    owner_id text,
    type storage.buckettype NOT NULL DEFAULT 'STANDARD'
);
CREATE TABLE storage.objects (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    bucket_id text REFERENCES storage.buckets,
    name text,
    owner uuid,
    created_at timestamptz DEFAULT now(),
    updated_at timestamptz DEFAULT now(),
    last_accessed_at timestamptz DEFAULT now(),
    metadata jsonb,
    path_tokens text[] GENERATED ALWAYS AS (string_to_array(name, '/')) STORED,
    version text,
    owner_id text,
    user_metadata jsonb
);
CREATE UNIQUE INDEX bucketid_objname ON storage.objects (bucket_id, name);
CREATE TABLE storage.s3_multipart_uploads (
    id text PRIMARY KEY,
    in_progress_size bigint NOT NULL DEFAULT 0,
    upload_signature text NOT NULL,
    bucket_id text NOT NULL REFERENCES storage.buckets,
    key text NOT NULL,
    version text NOT NULL,
    owner_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    user_metadata jsonb
);
CREATE TABLE storage.s3_multipart_uploads_parts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    upload_id text NOT NULL REFERENCES storage.s3_multipart_uploads ON DELETE CASCADE,
    size bigint NOT NULL DEFAULT 0,
    part_number integer NOT NULL,
    bucket_id text NOT NULL REFERENCES storage.buckets,
    key text NOT NULL,
    etag text NOT NULL,
    owner_id text,
    version text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE storage.migrations (
    id integer PRIMARY KEY,
    name varchar(100) NOT NULL UNIQUE,
    hash varchar(40) NOT NULL,
    executed_at timestamp DEFAULT CURRENT_TIMESTAMP
);
CREATE FUNCTION storage.foldername(name text) RETURNS text[] LANGUAGE sql IMMUTABLE
RETURN (string_to_array(name, '/'))[: cardinality(string_to_array(name, '/')) - 1];
CREATE FUNCTION storage.filename(name text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN split_part(name, '/', -1);
CREATE FUNCTION storage.extension(name text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN split_part(split_part(name, '/', -1), '.', -1);
-- Functions of triggers that `supabase db pull` writes down for storage.objects and storage.buckets; they change nothing here.
CREATE FUNCTION storage.update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.updated_at = now(); RETURN NEW; END';
CREATE FUNCTION storage.enforce_bucket_name_length() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION storage.objects_insert_prefix_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION storage.objects_update_prefix_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION storage.delete_prefix_hierarchy_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END';
CREATE FUNCTION storage.protect_delete() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';

-- Realtime: https://supabase.com/docs/guides/realtime/postgres-changes and …/realtime/authorization
CREATE PUBLICATION supabase_realtime;
CREATE TABLE realtime.messages (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    topic text NOT NULL,
    extension text NOT NULL,
    payload jsonb,
    event text,
    private boolean DEFAULT false,
    updated_at timestamp NOT NULL DEFAULT now(),
    inserted_at timestamp NOT NULL DEFAULT now(),
    PRIMARY KEY (id, inserted_at)
);
CREATE TABLE realtime.schema_migrations (version bigint PRIMARY KEY, inserted_at timestamp(0));
CREATE FUNCTION realtime.topic() RETURNS text LANGUAGE sql STABLE
RETURN nullif(current_setting('realtime.topic', true), '');
-- https://supabase.com/docs/guides/realtime/broadcast#broadcast-from-the-database; what fails there is a warning, too.
CREATE FUNCTION realtime.send(payload jsonb, event text, topic text, private boolean DEFAULT true) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO realtime.messages (payload, event, topic, private, extension) VALUES (payload, event, topic, private, 'broadcast');
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'ErrorSendingBroadcastMessage: %', SQLERRM;
END $$;
CREATE FUNCTION realtime.broadcast_changes(
    topic_name text, event_name text, operation text, table_name text, table_schema text, new record, old record, level text DEFAULT 'ROW'
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM realtime.send(
        jsonb_build_object('old_record', old, 'record', new, 'operation', operation, 'table', table_name, 'schema', table_schema),
        event_name, topic_name);
END $$;

-- Webhooks: https://supabase.com/docs/guides/database/webhooks; no request is sent.
CREATE TABLE supabase_functions.migrations (version text PRIMARY KEY, inserted_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE supabase_functions.hooks (
    id bigserial PRIMARY KEY,
    hook_table_id integer NOT NULL,
    hook_name text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    request_id bigint
);
CREATE FUNCTION supabase_functions.http_request() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';

-- Vault: https://supabase.com/docs/guides/database/vault; there from the start. Where the server has the extension, or a
-- migration creates it (then it has the stand-in), it is that; else its names alone.
DO $do$ BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'supabase_vault') THEN
        CREATE EXTENSION supabase_vault WITH SCHEMA vault;
    ELSE
        CREATE TABLE vault.secrets (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
            name text,
            description text NOT NULL DEFAULT '',
            secret text NOT NULL,
            key_id uuid,
            nonce bytea,
            created_at timestamptz NOT NULL DEFAULT now(),
            updated_at timestamptz NOT NULL DEFAULT now()
        );
        CREATE VIEW vault.decrypted_secrets AS SELECT *, NULL::text AS decrypted_secret FROM vault.secrets;
        CREATE FUNCTION vault.create_secret(new_secret text, new_name text DEFAULT NULL, new_description text DEFAULT '', new_key_id uuid DEFAULT NULL)
        RETURNS uuid LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the prelude supabase cannot do create_secret()' USING ERRCODE = '0A000',
                HINT = 'A secret does not belong in a migration: create it by hand.';
        END $$;
        CREATE FUNCTION vault.update_secret(secret_id uuid, new_secret text DEFAULT NULL, new_name text DEFAULT NULL, new_description text DEFAULT NULL, new_key_id uuid DEFAULT NULL)
        RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the prelude supabase cannot do update_secret()' USING ERRCODE = '0A000',
                HINT = 'A secret does not belong in a migration: change it by hand.';
        END $$;
    END IF;
END $do$;

GRANT ALL ON ALL TABLES IN SCHEMA storage, realtime TO postgres, anon, authenticated, service_role;

-- Whoever migrates, `postgres` on the platform, owns the database here. There an extension lets him make and drop triggers
-- and policies on tables that are not his (policy_grants, drop_trigger_grants:
-- https://github.com/supabase/postgres/blob/develop/ansible/files/postgresql_config/supautils.conf.j2); here they are his,
-- which lets him do more than that. He publishes tables, and finds extensions without their schema; what he makes in public
-- is for the API's roles, as in the script above.
DO $$
DECLARE
    migrator CONSTANT text := (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database());
    platform CONSTANT text[] := '{auth,storage,realtime,supabase_functions}';
    its_table regclass;
BEGIN
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA storage, realtime TO %I', migrator);
    EXECUTE format('GRANT USAGE ON SCHEMA auth, graphql, graphql_public, supabase_functions TO %I', migrator);
    EXECUTE format('GRANT USAGE ON SCHEMA vault TO %I WITH GRANT OPTION', migrator);
    EXECUTE format('GRANT SELECT, DELETE ON vault.secrets, vault.decrypted_secrets TO %I WITH GRANT OPTION', migrator);
    EXECUTE format('GRANT CREATE ON SCHEMA auth, supabase_functions TO %I', migrator); -- for what follows: an owner must have it
    FOR its_table IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text = ANY (platform) LOOP
        IF its_table::text LIKE 'auth.%' OR its_table::text LIKE 'storage.%' OR its_table::text LIKE 'realtime.%' THEN
            EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', its_table);
        END IF;
        IF its_table::text LIKE '%migrations' THEN -- the services' own: to be read alone
            EXECUTE format('REVOKE ALL ON %s FROM anon, authenticated, service_role', its_table);
            EXECUTE format('GRANT SELECT ON %s TO %I WITH GRANT OPTION', its_table, migrator);
        ELSE
            EXECUTE format('ALTER TABLE %s OWNER TO %I', its_table, migrator);
        END IF;
    END LOOP;
    EXECUTE format('REVOKE CREATE ON SCHEMA auth, supabase_functions FROM %I', migrator);
    EXECUTE format('ALTER PUBLICATION supabase_realtime OWNER TO %I', migrator);
    EXECUTE format('ALTER ROLE %I SET search_path = "$user", public, extensions', migrator);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public GRANT ALL ON TABLES TO postgres, anon, authenticated, service_role', migrator);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public GRANT ALL ON FUNCTIONS TO postgres, anon, authenticated, service_role', migrator);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public GRANT ALL ON SEQUENCES TO postgres, anon, authenticated, service_role', migrator);
    IF migrator = 'postgres' THEN -- not on a server of others: there he, and these roles, may be somebody else's
        -- https://github.com/supabase/postgres/blob/develop/migrations/db/migrations/10000000000000_demote-postgres.sql
        ALTER ROLE postgres BYPASSRLS;
        GRANT anon, authenticated, service_role, authenticator TO postgres WITH ADMIN OPTION;
        IF current_setting('server_version_num')::int >= 150000 THEN -- supautils.privileged_role_allowed_configs
            EXECUTE 'GRANT SET ON PARAMETER session_replication_role, pgrst.db_aggregates_enabled, pgrst.db_extra_search_path,
                pgrst.db_max_rows, pgrst.db_plan_enabled, pgrst.db_pre_request, pgrst.db_schemas, pgrst.openapi_mode TO postgres';
        END IF;
    END IF;
END $$;
