BEGIN;

UPDATE marketing.campaigns SET name = 'old ' || name WHERE starts_on < '2015-01-01'; -- expect: idempotent

COMMIT;
