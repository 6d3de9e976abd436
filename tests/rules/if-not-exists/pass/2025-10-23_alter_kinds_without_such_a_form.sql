ALTER FUNCTION company.touch() RENAME TO touch_row;
ALTER SCHEMA marketing RENAME TO outreach;
ALTER TYPE company.address RENAME ATTRIBUTE city TO town;
ALTER DOMAIN company.code SET NOT NULL;
ALTER TABLE company.master ALTER COLUMN domain TYPE varchar(200), VALIDATE CONSTRAINT master_fax_check;
ALTER TABLE company.master RENAME CONSTRAINT master_fax_check TO master_fax_not_empty;
ALTER INDEX company.master_name_idx SET (fillfactor = 70);
