CALL company.fill(3);
SELECT count(*) FROM company.filled;
