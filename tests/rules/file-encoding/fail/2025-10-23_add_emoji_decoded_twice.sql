SELECT 1;
-- ğŸ“ CTB -- expect: file-encoding
