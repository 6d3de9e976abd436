BEGIN;
ALTER ROLE ctb_app LOGIN CONNECTION LIMIT 5 VALID UNTIL '2030-01-01';
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER ROLE ctb_app NOLOGIN;
