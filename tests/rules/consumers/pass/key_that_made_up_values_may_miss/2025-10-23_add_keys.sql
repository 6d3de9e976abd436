BEGIN;
CREATE UNIQUE INDEX person_email_key ON people.master (lower(email));
CREATE TABLE company.note (text text PRIMARY KEY);
ALTER TABLE company.log ADD FOREIGN KEY (note) REFERENCES company.note (text);
CREATE UNIQUE INDEX log_id_key ON company.log (id);
COMMIT;
