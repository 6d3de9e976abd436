BEGIN;
CREATE TABLE marketing.visits (id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE marketing.visits_2025 PARTITION OF marketing.visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE INDEX by_id ON marketing.visits_2025 (id);
COMMIT;
