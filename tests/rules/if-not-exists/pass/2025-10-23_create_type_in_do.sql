DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_type WHERE typname = 'size') THEN
        CREATE TYPE company.size AS ENUM ('s', 'm');
        CREATE TABLE company.sizes (size company.size);
    END IF;
END $$;
