SELECT 'Ã‰COLE', 'GRÃ–SSE'; -- expect: file-encoding
