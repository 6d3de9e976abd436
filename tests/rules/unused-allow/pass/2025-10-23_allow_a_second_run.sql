BEGIN;
-- ctb:allow idempotent: it is run once, by hand
INSERT INTO company.log (id) VALUES (1);
COMMIT;
