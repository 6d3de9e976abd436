BEGIN;
ALTER DOMAIN shop.amount RENAME CONSTRAINT positive TO amount_check;
ALTER DOMAIN shop.amount SET DEFAULT 1;
COMMIT;
