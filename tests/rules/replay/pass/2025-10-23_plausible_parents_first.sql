BEGIN;
CREATE TABLE IF NOT EXISTS company.country (code text PRIMARY KEY);
INSERT INTO company.country (code) SELECT DISTINCT domain FROM company.master;
ALTER TABLE company.master
    ADD CONSTRAINT master_country_fkey FOREIGN KEY (domain) REFERENCES company.country (code);
COMMIT;
