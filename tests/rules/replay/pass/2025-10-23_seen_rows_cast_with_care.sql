BEGIN;
ALTER TABLE company.master ALTER COLUMN size_label TYPE integer
    USING CASE WHEN size_label ~ '^[0-9]{1,9}$' THEN size_label::integer END;
ALTER TABLE company.log ALTER COLUMN note TYPE varchar(10) USING left(note, 10);
ALTER TABLE company.log ALTER COLUMN id TYPE integer USING least(id, 2147483647)::integer;
COMMIT;
