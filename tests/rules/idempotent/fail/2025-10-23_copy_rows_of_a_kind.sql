BEGIN;

INSERT INTO company.log (id, note) -- expect: idempotent
SELECT m.id, m.domain FROM company.master AS m WHERE m.size_label = 'huge' AND m.domain LIKE '%.example';

COMMIT;
