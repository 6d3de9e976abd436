BEGIN;
DELETE FROM company.log WHERE id IS NULL;
DELETE FROM company.log AS one USING company.log AS other WHERE one.id = other.id AND one.ctid > other.ctid;
ALTER TABLE company.log ADD PRIMARY KEY (id);
COMMIT;
