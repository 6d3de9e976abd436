BEGIN;
CREATE TABLE marketing.visits (id bigint, at date) PARTITION BY RANGE (at);
CREATE INDEX visits_id ON marketing.visits (id);
CREATE TABLE marketing.visits_2026 (id bigint, at date);
COMMIT;
