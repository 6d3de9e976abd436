BEGIN;

SET LOCAL ROLE report_writer;
UPDATE reports.page SET owner_name = 'unknown' WHERE owner_name IS NULL AND nr > 7;

COMMIT;
