BEGIN;

ALTER TABLE company.master ADD COLUMN tier text;
UPDATE company.master SET tier = 'gold' WHERE size_label = 'huge' AND legacy_id BETWEEN 3 AND 9;
UPDATE company.master SET tier = 'silver' WHERE tier IS NULL AND domain ~ '^[a-z]+[.]com$';
UPDATE company.master AS m SET tier = upper(m.tier) FROM company.slot AS s WHERE s.master_id = m.id AND s.id = 12;

COMMIT;
