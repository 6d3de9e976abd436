COMMIT; -- expect: transaction:1
