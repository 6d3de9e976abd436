BEGIN;
ALTER TABLE company.master ALTER COLUMN size_label DROP DEFAULT;
ALTER TABLE company.master ALTER COLUMN size_label TYPE integer USING nullif(trim(size_label), '')::integer; -- expect: replay warning
COMMIT;
