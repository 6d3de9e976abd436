SELECT 1;
SELECT 'cafÃ© â€“ bar'; -- expect: file-encoding
