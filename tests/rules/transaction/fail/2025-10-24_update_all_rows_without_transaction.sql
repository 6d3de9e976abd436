-- ctb:no-transaction: it is large -- expect: transaction
UPDATE company.log SET kind = 'old' WHERE kind IS NULL;
UPDATE company.log SET kind = 'new' WHERE id IN (SELECT id FROM company.log WHERE kind IS NULL LIMIT 1000);
