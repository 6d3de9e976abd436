BEGIN;
ALTER TABLE marketing."Event" ADD COLUMN IF NOT EXISTS "Source" text NOT NULL DEFAULT 'web';
UPDATE marketing."Event" SET "Kind" = 'other' WHERE "Kind" IS NULL;
INSERT INTO marketing."Kind" ("Name") SELECT DISTINCT "Kind" FROM marketing."Event" ON CONFLICT DO NOTHING;
ALTER TABLE marketing."Event" ALTER COLUMN "Kind" SET NOT NULL;
ALTER TABLE marketing."Event" ADD FOREIGN KEY ("Kind") REFERENCES marketing."Kind" ("Name");
CREATE INDEX IF NOT EXISTS "Event Kind" ON marketing."Event" ("Kind");
COMMIT;
