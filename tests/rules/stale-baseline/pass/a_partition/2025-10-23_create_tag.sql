BEGIN;
CREATE TABLE marketing.campaigns_1 PARTITION OF marketing.campaigns FOR VALUES FROM (1) TO (100);
COMMIT;
