BEGIN;

WITH numbered AS ( -- expect: keep-data
    SELECT m.id, row_number() OVER (PARTITION BY m.domain ORDER BY m.created_at DESC) AS place FROM company.master AS m
)
DELETE FROM company.master AS m USING numbered WHERE m.id = numbered.id AND numbered.place > 1;

COMMIT;
