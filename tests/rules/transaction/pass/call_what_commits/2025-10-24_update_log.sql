-- ctb:no-transaction: the procedure commits its own batches
CALL company.trim_log();
