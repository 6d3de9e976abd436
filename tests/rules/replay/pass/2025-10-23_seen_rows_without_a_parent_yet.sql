BEGIN;
ALTER TABLE company.log ADD COLUMN IF NOT EXISTS master_id bigint REFERENCES company.master (id);
CREATE INDEX IF NOT EXISTS log_master_id_idx ON company.log (master_id);
ALTER TABLE company.slot ADD COLUMN IF NOT EXISTS person_id bigint;
ALTER TABLE company.slot ADD CONSTRAINT slot_person_fkey FOREIGN KEY (person_id) REFERENCES people.master (id);
COMMIT;
