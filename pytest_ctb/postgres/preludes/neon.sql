-- What a Neon database has before its first migration. Extensions are not made from the start: migrations create them.

-- neon_superuser is who the roles of the console belong to; nobody is superuser: https://neon.com/docs/manage/roles
-- with BYPASSRLS since https://neon.com/docs/changelog/2023-08-15-storage-and-compute
-- One that the server has already stays as it is. Where the admin of a server may not give an attribute, it is left out.
DO $$ BEGIN
    IF to_regrole('neon_superuser') IS NULL THEN
        CREATE ROLE neon_superuser NOLOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE neon_superuser NOLOGIN;
END $$;

-- The platform's own superuser, which what it brings belongs to: https://neon.com/docs/changelog/2023-11-27
DO $$ BEGIN
    IF to_regrole('cloud_admin') IS NULL THEN
        CREATE ROLE cloud_admin NOLOGIN CREATEDB CREATEROLE;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    CREATE ROLE cloud_admin NOLOGIN;
END $$;

-- The roles of the Data API: https://neon.com/docs/data-api/access-control
DO $$ BEGIN
    IF to_regrole('authenticated') IS NULL THEN
        CREATE ROLE authenticated NOLOGIN;
    END IF;
END $$;
DO $$ BEGIN
    IF to_regrole('anonymous') IS NULL THEN
        CREATE ROLE anonymous NOLOGIN;
    END IF;
END $$;
