-- no COMMIT to be seen here, nor in what is called
CALL company.load_all(); -- expect: atomic
