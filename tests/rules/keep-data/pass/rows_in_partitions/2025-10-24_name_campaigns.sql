BEGIN;

UPDATE marketing.campaigns SET name = 'Campaign ' || id WHERE name IS NULL AND starts_on > '2011-05-06';
UPDATE ONLY marketing.campaigns_low SET starts_on = coalesce(starts_on, '2020-01-01');

COMMIT;
