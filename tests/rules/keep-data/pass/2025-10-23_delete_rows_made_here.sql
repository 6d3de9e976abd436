BEGIN;
CREATE TEMPORARY TABLE made ON COMMIT DROP AS SELECT id FROM company.master WHERE false;
WITH new AS (
    INSERT INTO company.master (domain) VALUES ('probe.example') RETURNING id
)
INSERT INTO made SELECT id FROM new;
UPDATE company.master SET domain = upper(domain), name = 'Probe' WHERE id IN (SELECT id FROM made);
DELETE FROM company.master WHERE id IN (SELECT id FROM made);
COMMIT;
