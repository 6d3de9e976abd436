BEGIN;
CREATE UNIQUE INDEX log_id_key ON company.log (id);
COMMIT;
