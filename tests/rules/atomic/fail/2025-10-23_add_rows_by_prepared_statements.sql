PREPARE note (bigint, text) AS INSERT INTO company.log VALUES ($1, $2);
EXECUTE note (1, 'one'); -- expect: atomic
EXECUTE note (2, 'two');
DEALLOCATE note;
