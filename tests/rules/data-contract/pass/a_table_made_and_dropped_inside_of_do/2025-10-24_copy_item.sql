BEGIN;
DO $$ BEGIN
    CREATE TABLE shop.item_copy AS SELECT * FROM shop.item;
    EXECUTE 'ALTER TABLE shop.item_copy ADD COLUMN n integer NOT NULL DEFAULT 0';
    DROP TABLE shop.item_copy;
END $$;
COMMIT;
