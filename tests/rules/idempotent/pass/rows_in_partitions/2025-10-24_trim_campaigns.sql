BEGIN;

UPDATE marketing.campaigns SET name = btrim(name) WHERE starts_on < '2015-01-01';

COMMIT;
