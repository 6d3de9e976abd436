BEGIN;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS master_id bigint;
UPDATE company.log AS l SET master_id = m.id FROM company.master AS m WHERE m.domain = l.note;
ALTER TABLE company.log ADD CONSTRAINT log_master_fkey FOREIGN KEY (master_id) REFERENCES company.master (id);
COMMIT;
