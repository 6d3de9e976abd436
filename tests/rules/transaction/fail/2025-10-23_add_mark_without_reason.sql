-- ctb:no-transaction: -- expect: transaction
VACUUM company.log;
