BEGIN;
DO $$ DECLARE one text := chr(107) || 'ind'; BEGIN -- expect: data-contract
    EXECUTE 'ALTER TABLE shop.item ALTER COLUMN ' || one || ' SET NOT NULL';
END $$;
COMMIT;
