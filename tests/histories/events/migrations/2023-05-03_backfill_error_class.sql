-- The class stood before the first colon of the text.

BEGIN;

UPDATE jobs.job SET error_class = split_part(error, ':', 1) WHERE error IS NOT NULL AND error_class IS NULL;

COMMIT;

-- Rollback: none, because the column is dropped with the file that made it
