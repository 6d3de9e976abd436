-- replay: 42P01
SELECT 1;
ALTER TABLE company.nowhere ADD COLUMN IF NOT EXISTS tier text; -- expect: replay
