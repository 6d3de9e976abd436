BEGIN;
-- ctb:allow if-not-exists: a second run must stop here
CREATE TABLE marketing.campaigns_1 PARTITION OF marketing.campaigns FOR VALUES FROM (1) TO (2);
COMMIT;
