BEGIN;

SET LOCAL ROLE report_writer;
DELETE FROM reports.page WHERE owner_name = 'Ms. Left'; -- expect: keep-data

COMMIT;
