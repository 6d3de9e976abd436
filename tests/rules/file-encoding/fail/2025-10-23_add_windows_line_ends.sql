SELECT 1; -- expect: file-encoding
SELECT 2;
