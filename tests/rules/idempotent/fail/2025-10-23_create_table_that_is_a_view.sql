-- company.names is there: a view with just these columns
BEGIN;
CREATE TABLE IF NOT EXISTS company.names ( -- expect: idempotent
    id bigint,
    name text
);
COMMIT;
