BEGIN;
REVOKE SELECT ON company.log FROM CURRENT_USER; -- expect: consumers
COMMIT;
