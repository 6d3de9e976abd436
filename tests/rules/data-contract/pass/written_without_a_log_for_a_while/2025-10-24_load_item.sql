BEGIN;
ALTER TABLE shop.item SET UNLOGGED;
INSERT INTO shop.item (name) SELECT 'item ' || n FROM generate_series(1, 5) AS n;
ALTER TABLE shop.item SET LOGGED;
COMMIT;
