BEGIN;
CREATE TABLE IF NOT EXISTS company.visit (day date, page text) PARTITION BY RANGE (day);
CREATE TABLE IF NOT EXISTS company.visit_2025 PARTITION OF company.visit FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
COMMENT ON COLUMN company.visit_2025.page IS 'DEPRECATED someday: see the other'; -- expect: deprecated-column
COMMIT;
