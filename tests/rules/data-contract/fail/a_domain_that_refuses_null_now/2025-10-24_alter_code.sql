BEGIN;
ALTER DOMAIN shop.code SET NOT NULL; -- expect: data-contract
COMMIT;
