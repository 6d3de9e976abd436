-- replay: 42P01
BEGIN;
CREATE TABLE company.tier (id bigint, master_id bigint);
ALTER TABLE company.nowhere ADD COLUMN tier bigint; -- expect: replay
COMMIT;
