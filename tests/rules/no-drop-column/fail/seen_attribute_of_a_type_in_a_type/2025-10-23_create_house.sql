BEGIN;
CREATE TYPE people."Contact Data" AS (post company.address, phone text);
CREATE TABLE IF NOT EXISTS company.house (id bigint, who people."Contact Data") PARTITION BY RANGE (id);
COMMIT;
