BEGIN;
CREATE TABLE IF NOT EXISTS company.house (id bigint, others company.address[]);
COMMIT;
