-- ctb:no-transaction: it is large -- expect: transaction
UPDATE company.log SET note = 'old' WHERE note IS NULL;
UPDATE company.log SET note = 'new' WHERE id IN (SELECT id FROM company.log WHERE note IS NULL LIMIT 1000);
