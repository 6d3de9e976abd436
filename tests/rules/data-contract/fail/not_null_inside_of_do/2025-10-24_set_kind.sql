BEGIN;
DO $$
BEGIN
    IF true THEN
        ALTER TABLE shop.item ALTER COLUMN kind SET NOT NULL; -- expect: data-contract
    END IF;
END $$;
ALTER TABLE shop.item ALTER COLUMN name SET STATISTICS 200;
COMMIT;
