BEGIN;
ALTER TABLE company.master ADD CHECK (size_label IN ('1-10', '11-50'));
ALTER TABLE company.master ADD CHECK (domain ~ '^[a-z]+[.]example$' AND length(domain) < 60);
COMMIT;
