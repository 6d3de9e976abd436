INSERT INTO company.log VALUES (1, 'x');
