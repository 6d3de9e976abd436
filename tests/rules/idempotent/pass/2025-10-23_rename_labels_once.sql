BEGIN;

UPDATE company.master SET size_label = CASE size_label WHEN 'big' THEN 'large' ELSE size_label END;

COMMIT;
