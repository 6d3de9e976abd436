BEGIN;

UPDATE company.master SET name = btrim(name), size_label = left(size_label, 10);
UPDATE company.log SET note = regexp_replace(note, '^www[.]', '') WHERE note ~ '^www[.][^w]';

COMMIT;
