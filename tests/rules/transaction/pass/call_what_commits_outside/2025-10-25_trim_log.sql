-- ctb:no-transaction: the procedure commits its own batches
SET lock_timeout = '2s';
CALL company.trim_log();
