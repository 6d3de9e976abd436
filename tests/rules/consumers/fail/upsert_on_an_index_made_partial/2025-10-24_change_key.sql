BEGIN;
DROP INDEX company.log_id_key; -- expect: consumers
CREATE UNIQUE INDEX log_id_key ON company.log (id) WHERE note IS NOT NULL;
COMMIT;
