BEGIN;
CREATE TABLE IF NOT EXISTS company.country (code text PRIMARY KEY);
ALTER TABLE company.master -- expect: replay error
    ADD CONSTRAINT master_country_fkey FOREIGN KEY (domain) REFERENCES company.country (code);
COMMIT;
