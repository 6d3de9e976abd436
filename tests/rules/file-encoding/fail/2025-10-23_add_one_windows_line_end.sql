SELECT 1;
SELECT 'ü'; -- expect: file-encoding
SELECT 2;
