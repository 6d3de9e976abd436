BEGIN;
UPDATE company.log SET id = NULL WHERE NOT EXISTS (SELECT FROM company.master AS m WHERE m.id = log.id);
ALTER TABLE company.log ADD CONSTRAINT log_of_master FOREIGN KEY (id) REFERENCES company.master (id);
COMMIT;
