BEGIN;
ALTER TABLE company.master ALTER COLUMN size_label TYPE integer USING size_label::integer; -- expect: consumers
COMMIT;
