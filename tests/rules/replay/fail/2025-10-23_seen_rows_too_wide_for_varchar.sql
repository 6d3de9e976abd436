BEGIN;
ALTER TABLE company.master -- expect: replay warning
    ALTER COLUMN legacy_id DROP DEFAULT,
    ALTER COLUMN size_label TYPE varchar(10);
COMMIT;
