-- replay: 42601
BEGIN;
SELECT 1;
COMMIT;
SELECT 2; -- expect: transaction
CREATE TABEL company.tag (id bigint);
