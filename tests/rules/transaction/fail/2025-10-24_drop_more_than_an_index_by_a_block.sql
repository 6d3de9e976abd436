-- ctb:no-transaction: the table is in use all day
DO $$ BEGIN -- expect: transaction
    IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('company.log_note_idx') AND NOT indisvalid) THEN
        DROP INDEX company.log_note_idx;
        DELETE FROM company.log;
    END IF;
END $$;
CREATE INDEX CONCURRENTLY IF NOT EXISTS log_note_idx ON company.log (note);
