BEGIN;
ALTER TABLE company.log RENAME COLUMN note TO remark;
ALTER TABLE company.log RENAME COLUMN remark TO note;
COMMIT;
