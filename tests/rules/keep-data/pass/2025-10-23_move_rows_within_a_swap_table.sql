BEGIN;

CREATE TEMPORARY TABLE "Kept Notes" ON COMMIT DROP AS SELECT id, note FROM company.log WHERE note IS NOT NULL;
DELETE FROM "Kept Notes" WHERE note LIKE '%draft%';
UPDATE "Kept Notes" SET note = upper(note);
TRUNCATE "Kept Notes";

COMMIT;
