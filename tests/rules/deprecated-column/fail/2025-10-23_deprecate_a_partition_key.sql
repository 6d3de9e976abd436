BEGIN;
CREATE TABLE IF NOT EXISTS company.visit (day date NOT NULL, page text) PARTITION BY RANGE (day);
CREATE TABLE IF NOT EXISTS company.visit_2025 PARTITION OF company.visit FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
COMMENT ON COLUMN company.visit.day IS 'DEPRECATED 2025-10-23: use seen_at'; -- expect: deprecated-column
COMMIT;
