-- What a Supabase project has before its first migration, as far as migrations name it; no service runs behind it.

-- Roles: https://supabase.com/docs/guides/database/postgres/roles and
-- https://github.com/supabase/postgres/blob/develop/migrations/db/init-scripts/00000000000000-initial-schema.sql
-- One that the server has already stays as it is. Where the admin of a server may not give an attribute, it is left out.
-- Nobody logs in as one of them here.
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
GRANT USAGE ON SCHEMA public, extensions, auth, storage, realtime, graphql, graphql_public TO postgres, anon, authenticated, service_role;

-- Extensions that are there from the start: the same script, and https://supabase.com/docs/guides/database/extensions
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS pgcrypto WITH SCHEMA extensions;

-- Auth: https://supabase.com/docs/guides/auth/managing-user-data and https://github.com/supabase/auth/tree/master/migrations
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
    not_after timestamptz,
    user_agent text,
    ip inet
);
ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.identities ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth.sessions ENABLE ROW LEVEL SECURITY;

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
    owner_id text
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
ALTER TABLE storage.buckets ENABLE ROW LEVEL SECURITY;
ALTER TABLE storage.objects ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION storage.foldername(name text) RETURNS text[] LANGUAGE sql IMMUTABLE
RETURN (string_to_array(name, '/'))[: cardinality(string_to_array(name, '/')) - 1];
CREATE FUNCTION storage.filename(name text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN split_part(name, '/', -1);
CREATE FUNCTION storage.extension(name text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN split_part(split_part(name, '/', -1), '.', -1);

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
ALTER TABLE realtime.messages ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION realtime.topic() RETURNS text LANGUAGE sql STABLE
RETURN nullif(current_setting('realtime.topic', true), '');

GRANT ALL ON ALL TABLES IN SCHEMA storage, realtime TO postgres, anon, authenticated, service_role;

-- Whoever migrates, `postgres` on the platform, owns the database here. There an extension lets him make and drop triggers
-- and policies on tables that are not his (policy_grants, drop_trigger_grants:
-- https://github.com/supabase/postgres/blob/develop/ansible/files/postgresql_config/supautils.conf.j2); here they are his,
-- which lets him do more than that. He publishes tables, and finds extensions without their schema; what he makes in public
-- is for the API's roles, as in the script above.
DO $$
DECLARE
    migrator CONSTANT text := (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database());
BEGIN
    EXECUTE format('GRANT USAGE, CREATE ON SCHEMA extensions, storage, realtime TO %I', migrator);
    EXECUTE format('GRANT USAGE ON SCHEMA auth, graphql, graphql_public, vault TO %I', migrator);
    EXECUTE format('GRANT CREATE ON SCHEMA auth TO %I', migrator); -- for what follows: an owner must have it
    EXECUTE format('ALTER TABLE auth.users OWNER TO %I', migrator);
    EXECUTE format('ALTER TABLE auth.identities OWNER TO %I', migrator);
    EXECUTE format('ALTER TABLE auth.sessions OWNER TO %I', migrator);
    EXECUTE format('REVOKE CREATE ON SCHEMA auth FROM %I', migrator);
    EXECUTE format('ALTER TABLE storage.buckets OWNER TO %I', migrator);
    EXECUTE format('ALTER TABLE storage.objects OWNER TO %I', migrator);
    EXECUTE format('ALTER TABLE realtime.messages OWNER TO %I', migrator);
    EXECUTE format('ALTER PUBLICATION supabase_realtime OWNER TO %I', migrator);
    EXECUTE format('ALTER ROLE %I SET search_path = "$user", public, extensions', migrator);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public GRANT ALL ON TABLES TO postgres, anon, authenticated, service_role', migrator);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public GRANT ALL ON FUNCTIONS TO postgres, anon, authenticated, service_role', migrator);
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA public GRANT ALL ON SEQUENCES TO postgres, anon, authenticated, service_role', migrator);
END $$;
