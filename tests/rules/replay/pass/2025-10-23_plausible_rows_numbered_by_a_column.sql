-- a number that is far too large would keep this busy for ever; no table holds it
BEGIN;
CREATE TABLE IF NOT EXISTS company.run (of_id bigint, number integer);
INSERT INTO company.run (of_id, number)
SELECT m.id, g.number FROM company.master AS m, generate_series(1, m.legacy_id) AS g (number);
COMMIT;
