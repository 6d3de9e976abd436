BEGIN;
ALTER TYPE shop.place ADD ATTRIBUTE zip text; -- expect: data-contract
COMMIT;
