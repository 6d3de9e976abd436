BEGIN;

UPDATE company.master SET domain = lower(domain); -- expect: keep-data
UPDATE company.master SET name = btrim(name); -- expect: keep-data
UPDATE company.master SET size_label = replace(size_label, 'http://', ''); -- expect: keep-data

COMMIT;
