BEGIN;
CREATE ROLE ctb_app;
CREATE ROLE "Readers";
GRANT "Readers" TO ctb_app;
COMMIT;
