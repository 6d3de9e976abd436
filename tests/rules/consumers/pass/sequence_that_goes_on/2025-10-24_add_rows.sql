BEGIN;
ALTER TABLE company.counted ADD COLUMN more text;
INSERT INTO company.counted (note) VALUES ('first');
DO $$ BEGIN ASSERT (SELECT id FROM company.counted) = 1; ASSERT nextval('company.numbers') = 1; END $$;
COMMIT;
