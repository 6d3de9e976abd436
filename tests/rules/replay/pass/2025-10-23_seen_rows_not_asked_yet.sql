BEGIN;
ALTER TABLE company.master ADD CONSTRAINT master_name_short CHECK (length(name) < 20) NOT VALID;
ALTER TABLE company.master ADD CONSTRAINT master_label_there CHECK (size_label IS NOT NULL) NOT VALID;
ALTER TABLE company.log ADD CONSTRAINT log_id_fkey FOREIGN KEY (id) REFERENCES company.master (id) NOT VALID;
COMMIT;
