BEGIN;

UPDATE company.master -- expect: idempotent
SET size_label = CASE size_label WHEN 'big' THEN 'small' WHEN 'small' THEN 'big' ELSE size_label END;

COMMIT;
