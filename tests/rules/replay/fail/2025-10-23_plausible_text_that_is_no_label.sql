BEGIN;
CREATE TYPE company.size AS ENUM ('small', 'large');
ALTER TABLE company.master ALTER COLUMN size_label TYPE company.size USING size_label::company.size; -- expect: replay warning
COMMIT;
