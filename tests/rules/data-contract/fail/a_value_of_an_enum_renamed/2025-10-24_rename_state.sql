BEGIN;
ALTER TYPE shop.state RENAME VALUE 'sent' TO 'shipped'; -- expect: data-contract
COMMIT;
