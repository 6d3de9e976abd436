BEGIN;
DROP INDEX IF EXISTS company.log_id_idx;
CREATE INDEX ON company.log (id);
CREATE INDEX ON company.log (note text_pattern_ops); -- expect: idempotent
COMMIT;
