BEGIN;
CREATE TABLE company.log_archive (LIKE company.log);
WITH gone AS ( -- expect: keep-data
    DELETE FROM company.log RETURNING *
)
INSERT INTO company.log_archive SELECT * FROM gone;
COMMIT;
