-- CTB Branch: data/migrations
-- CTB-Allowance: none
-- Unique ID: CTB-7A31C0DE
BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
