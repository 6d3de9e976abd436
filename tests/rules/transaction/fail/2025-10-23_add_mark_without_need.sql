-- ctb:no-transaction: it seemed quicker -- expect: transaction
SELECT 1;
