CREATE TABLE IF NOT EXISTS marketing.campaigns_1 PARTITION OF marketing.campaigns FOR VALUES FROM (0) TO (10);
ALTER TABLE marketing.campaigns DETACH PARTITION marketing.campaigns_1;
