-- the same table again, with a key
BEGIN;
DROP TABLE IF EXISTS company.log; -- expect: keep-data
CREATE TABLE company.log (id bigint PRIMARY KEY, note text);
COMMIT;
