-- each is another one afterwards, and none is gone
BEGIN;
DO $$
DECLARE
    part text;
BEGIN
    FOR part IN SELECT unnest(ARRAY['ALTER legacy_id TYPE text', 'RENAME fax TO telefax', 'ADD note text', 'RENAME TO firm']) LOOP
        EXECUTE 'ALTER TABLE company.master ' || part;
    END LOOP;
END $$;
ALTER TABLE company.firm SET SCHEMA marketing;
COMMIT;
