BEGIN;

SELECT company.charge(7); -- expect: idempotent

COMMIT;
