-- replay: 42601
BEGIN;
CREATE TABEL company.label (id bigint);
CREATE TABLE company.tag (id bigint);
COMMIT;
