BEGIN;
CREATE TABLE IF NOT EXISTS shop.tag ( -- expect: data-contract
    id bigint
);
COMMIT;
