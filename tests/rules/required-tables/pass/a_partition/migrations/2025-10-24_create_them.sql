BEGIN;
CREATE TABLE IF NOT EXISTS marketing.campaigns_1 PARTITION OF marketing.campaigns FOR VALUES FROM (1) TO (2);
COMMIT;
