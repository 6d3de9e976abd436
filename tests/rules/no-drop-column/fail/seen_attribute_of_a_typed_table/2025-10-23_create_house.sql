BEGIN;
CREATE TABLE IF NOT EXISTS company.house OF company.address;
COMMIT;
