BEGIN;

DELETE FROM company.log WHERE id = (SELECT max(last.id) FROM company.log AS last); -- expect: idempotent

COMMIT;
