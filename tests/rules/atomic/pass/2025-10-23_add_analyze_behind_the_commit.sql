BEGIN;
ALTER TABLE company.log ADD COLUMN level smallint NOT NULL DEFAULT 3;
CREATE INDEX log_level_idx ON company.log (level);
COMMIT;
ANALYZE company.log;
