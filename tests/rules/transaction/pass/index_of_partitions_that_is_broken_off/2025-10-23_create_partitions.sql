BEGIN;
CREATE TABLE marketing.campaigns_old PARTITION OF marketing.campaigns FOR VALUES FROM (0) TO (1000);
CREATE TABLE marketing.campaigns_new PARTITION OF marketing.campaigns FOR VALUES FROM (1000) TO (2000);
COMMIT;
