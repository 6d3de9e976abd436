BEGIN;
CREATE TABLE marketing.visits (id bigint, at date) PARTITION BY RANGE (at);
CREATE TABLE marketing.visits_2025 PARTITION OF marketing.visits FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TRIGGER touched BEFORE INSERT ON marketing.visits FOR EACH ROW EXECUTE FUNCTION company.touch();
ALTER TABLE marketing.visits_2025 DISABLE TRIGGER touched;
COMMIT;
