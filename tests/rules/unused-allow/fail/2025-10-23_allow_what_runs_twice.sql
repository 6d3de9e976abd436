-- ctb:allow idempotent: it runs twice as it is -- expect: unused-allow:1
BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
