BEGIN;
CREATE TABLE IF NOT EXISTS marketing.event (id bigint NOT NULL, at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE IF NOT EXISTS marketing.event_2024 PARTITION OF marketing.event FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE IF NOT EXISTS marketing.event_rest PARTITION OF marketing.event DEFAULT;
COMMIT;
