-- ctbx:allow if-not-exists: another tool reads this
-- x-ctb:alow if-not-exists: and this
BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
