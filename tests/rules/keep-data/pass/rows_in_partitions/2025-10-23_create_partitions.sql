BEGIN;

CREATE TABLE marketing.campaigns_low PARTITION OF marketing.campaigns FOR VALUES FROM (1) TO (1000);
CREATE TABLE marketing.campaigns_high PARTITION OF marketing.campaigns FOR VALUES FROM (1000) TO (1000000000);

COMMIT;
