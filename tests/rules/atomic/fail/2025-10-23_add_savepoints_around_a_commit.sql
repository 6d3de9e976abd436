BEGIN;
SAVEPOINT before_all;
ALTER TABLE company.log ADD COLUMN severity text;
RELEASE SAVEPOINT before_all;
COMMIT; -- expect: atomic
BEGIN;
INSERT INTO company.log (id, note) VALUES (1, 'undone');
ROLLBACK;
BEGIN;
SAVEPOINT again;
INSERT INTO company.log (id, note) VALUES (2, 'kept');
ROLLBACK TO SAVEPOINT again;
CREATE INDEX log_severity_idx ON company.log (severity);
COMMIT;
