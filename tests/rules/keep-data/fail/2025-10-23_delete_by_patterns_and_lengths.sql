BEGIN;

DELETE FROM company.log WHERE note ~ '^test[0-9]+$'; -- expect: keep-data
DELETE FROM company.log WHERE length(note) > 500; -- expect: keep-data
DELETE FROM company.log WHERE split_part(note, '@', 2) = 'spam.example'; -- expect: keep-data
DELETE FROM company.log WHERE note SIMILAR TO 'draft(s|ed)?'; -- expect: keep-data

COMMIT;
