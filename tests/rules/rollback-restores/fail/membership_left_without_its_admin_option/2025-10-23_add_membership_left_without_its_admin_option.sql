BEGIN;
GRANT "Readers" TO ctb_app WITH ADMIN OPTION;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- REVOKE ADMIN OPTION FOR "Readers" FROM ctb_app;
