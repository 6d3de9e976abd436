BEGIN;
CREATE TABLE marketing.visits (id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE marketing.visits_2025 PARTITION OF marketing.visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (id);
CREATE TABLE marketing.first_page PARTITION OF marketing.visits_2025 FOR VALUES IN (1);
CREATE UNIQUE INDEX "First Page" ON marketing.first_page (at);
COMMIT;
