BEGIN;
ALTER TABLE company.master ADD CONSTRAINT size_known CHECK (size_label IN ('1-10', '11-50')); -- expect: consumers
ALTER TABLE company.master ADD CONSTRAINT domain_known CHECK (domain LIKE '%.%');
COMMIT;
