-- für das Café
-- â”€â”€â”€ -- expect: file-encoding
SELECT 'é';
