-- ctb:no-transaction -- expect: transaction
UPDATE company.log SET note = 'old' WHERE id IN (SELECT id FROM company.log WHERE note IS NULL LIMIT 1000);
