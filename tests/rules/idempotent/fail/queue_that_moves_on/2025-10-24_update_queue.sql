BEGIN;
UPDATE company.queue SET tries = 0 WHERE tries IS NULL;
DELETE FROM company.queue -- expect: idempotent
WHERE place = (SELECT min(place) FROM company.queue);
UPDATE company.queue SET tries = tries + 1 WHERE place > 7; -- expect: idempotent
DELETE FROM company.queue WHERE place > 9;
COMMIT;
