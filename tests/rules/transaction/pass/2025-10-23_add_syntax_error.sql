-- replay: 42601
BEGIN;
CREATE TABEL company.tag (id bigint);
COMMIT;
