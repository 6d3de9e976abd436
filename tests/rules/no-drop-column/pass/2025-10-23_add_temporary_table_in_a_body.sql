CREATE OR REPLACE FUNCTION company.load() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMP TABLE IF NOT EXISTS batch (id bigint, raw text);
    ALTER TABLE batch DROP COLUMN raw;
END $$;
SELECT company.load();
