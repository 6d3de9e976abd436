BEGIN;
ALTER TABLE company.log ADD COLUMN "Source" text NOT NULL DEFAULT 'app';
ALTER TABLE company.log ALTER COLUMN "Source" DROP DEFAULT; -- expect: consumers
COMMIT;
