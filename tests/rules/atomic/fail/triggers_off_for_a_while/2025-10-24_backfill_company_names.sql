-- ends as it began, but broken off it leaves the trigger off
ALTER TABLE company.master DISABLE TRIGGER touch_master; -- expect: atomic
BEGIN;
UPDATE company.master SET name = domain WHERE name IS NULL;
COMMIT;
ALTER TABLE company.master ENABLE TRIGGER touch_master;
