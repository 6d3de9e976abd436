-- The content does not matter here.
SELECT 'not 2025-02-30 but a string';
