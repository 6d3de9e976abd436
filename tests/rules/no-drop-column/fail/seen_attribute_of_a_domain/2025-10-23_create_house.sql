BEGIN;
CREATE DOMAIN company."Home" AS company.address;
CREATE TABLE IF NOT EXISTS company.house (id bigint, at company."Home");
COMMIT;
