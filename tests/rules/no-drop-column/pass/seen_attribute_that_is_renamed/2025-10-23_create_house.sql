BEGIN;
CREATE TABLE IF NOT EXISTS company.house (id bigint, at company.address, others company.address[]);
COMMIT;
