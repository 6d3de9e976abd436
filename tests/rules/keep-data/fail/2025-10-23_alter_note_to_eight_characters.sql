BEGIN;
ALTER TABLE company.log
    ADD COLUMN level smallint;
ALTER TABLE company.log -- expect: keep-data
    ALTER COLUMN note TYPE varchar(8) USING left(note, 8);
COMMIT;
