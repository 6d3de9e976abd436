-- ctb:no-transaction: each batch commits by itself, so that no lock is held for long
UPDATE company.log SET note = 'old' WHERE id IN (SELECT id FROM company.log WHERE note IS NULL LIMIT 1000);
WITH batch AS (SELECT id FROM company.log WHERE note IS NULL LIMIT 1000)
UPDATE company.log SET note = 'old' FROM batch WHERE company.log.id = batch.id;
DELETE FROM company.log WHERE id = ANY (ARRAY(SELECT id FROM company.log WHERE note = 'old' LIMIT 1000));
