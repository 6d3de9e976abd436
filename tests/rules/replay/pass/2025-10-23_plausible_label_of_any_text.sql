BEGIN;
CREATE TYPE company.size AS ENUM ('small', 'large', 'other');
ALTER TABLE company.master ALTER COLUMN size_label TYPE company.size
    USING CASE WHEN size_label IN ('small', 'large') THEN size_label::company.size ELSE 'other' END;
ALTER TABLE company.master ALTER COLUMN size_label SET NOT NULL;
COMMIT;
