-- replay: 25001
BEGIN;
VACUUM company.log; -- expect: transaction
CREATE TABEL company.tag (id bigint);
COMMIT;
