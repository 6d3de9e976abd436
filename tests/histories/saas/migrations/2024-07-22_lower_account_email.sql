-- Logins compare in lower case since May; new rows come in lower case.

BEGIN;

-- The owner sees no tenant's rows while row security is forced.
ALTER TABLE app.account NO FORCE ROW LEVEL SECURITY;
-- ctb:allow keep-data: the spelling of an address means nothing
UPDATE app.account a SET email = lower(a.email)
WHERE a.email <> lower(a.email)
    AND NOT EXISTS (SELECT FROM app.account b WHERE b.tenant_id = a.tenant_id AND b.account_id <> a.account_id AND lower(b.email) = lower(a.email));
ALTER TABLE app.account FORCE ROW LEVEL SECURITY;

COMMIT;

-- Rollback: none, because the old spelling is not kept
