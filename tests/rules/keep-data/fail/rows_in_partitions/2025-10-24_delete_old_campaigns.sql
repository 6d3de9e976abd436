BEGIN;

DELETE FROM marketing.campaigns WHERE starts_on < '2011-05-06' AND name LIKE 'Easter %'; -- expect: keep-data
UPDATE marketing.campaigns SET name = initcap(name) WHERE id BETWEEN 70 AND 80; -- expect: keep-data

COMMIT;
