-- â”€â”€â”€â”€â”€â”€ decoded twice -- expect: file-encoding
-- ğŸ“ CTB Classification Metadata
SELECT 1;
