BEGIN;
-- ctb:allow if-not-exists: made once, by this release alone   
CREATE INDEX master_size ON company.master (size_label);
COMMIT;
