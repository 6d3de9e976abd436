BEGIN;
ALTER TABLE company.log ADD CONSTRAINT log_note_there CHECK (note IS NOT NULL) NOT VALID;
ALTER TABLE company.log ADD CONSTRAINT log_of_master FOREIGN KEY (id) REFERENCES company.master (id) NOT VALID;
ALTER TABLE company.master ADD CONSTRAINT master_size_known CHECK (size_label IN ('small', 'large')) NOT VALID;
COMMIT;
