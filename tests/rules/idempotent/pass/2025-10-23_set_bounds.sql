BEGIN;

UPDATE company.master SET legacy_id = greatest(least(legacy_id, 100), 0) WHERE legacy_id NOT BETWEEN 0 AND 100;

COMMIT;
