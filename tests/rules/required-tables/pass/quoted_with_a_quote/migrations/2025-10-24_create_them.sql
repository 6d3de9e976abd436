BEGIN;
CREATE TABLE IF NOT EXISTS company."say ""hi""" (id bigint);
COMMIT;
