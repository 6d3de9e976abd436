BEGIN;
ALTER TABLE company.log -- expect: replay warning
    ADD CONSTRAINT log_of_master FOREIGN KEY (id) REFERENCES company.master (id) ON DELETE CASCADE;
COMMIT;
