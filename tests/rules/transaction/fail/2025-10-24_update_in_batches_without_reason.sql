-- ctb:no-transaction -- expect: transaction
UPDATE company.log SET kind = 'old' WHERE id IN (SELECT id FROM company.log WHERE kind IS NULL LIMIT 1000);
