CALL company.trim_log(); -- expect: transaction
