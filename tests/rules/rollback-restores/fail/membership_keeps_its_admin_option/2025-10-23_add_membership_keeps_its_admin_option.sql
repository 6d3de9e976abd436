BEGIN;
GRANT "Readers" TO ctb_app WITH ADMIN OPTION;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- REVOKE "Readers" FROM ctb_app;
