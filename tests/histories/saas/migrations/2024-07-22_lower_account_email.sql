-- Logins compare in lower case since May; new rows come in lower case.

BEGIN;

-- ctb:allow keep-data: the spelling of an address means nothing
UPDATE app.account a SET email = lower(a.email)
WHERE a.email <> lower(a.email)
    AND NOT EXISTS (SELECT FROM app.account b WHERE b.tenant_id = a.tenant_id AND b.account_id <> a.account_id AND lower(b.email) = lower(a.email));

COMMIT;

-- Rollback: none, because the old spelling is not kept
