BEGIN;
CREATE INDEX IF NOT EXISTS log_id_idx ON company.log (id);
ALTER TABLE company.log -- expect: replay warning
    ADD CONSTRAINT log_id_fkey
    FOREIGN KEY (id) REFERENCES company.master (id) ON DELETE CASCADE;
COMMIT;
