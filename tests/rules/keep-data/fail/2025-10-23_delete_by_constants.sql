BEGIN;

DELETE FROM company.master WHERE created_at < '2000-01-01'; -- expect: keep-data
DELETE FROM company.master WHERE id = 5; -- expect: keep-data
DELETE FROM company.master WHERE domain IN ('a.com', 'b.org') AND size_label = 'tiny'; -- expect: keep-data

COMMIT;
