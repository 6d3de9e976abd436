-- the region deleted here was made here, the offices were not
BEGIN;
INSERT INTO company.region VALUES ('none');
UPDATE company.office SET region = 'none' WHERE region IS NULL;
DELETE FROM company.region WHERE code = 'none'; -- expect: keep-data
COMMIT;
