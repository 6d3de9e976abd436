BEGIN;
CREATE TABLE marketing.campaigns_old PARTITION OF marketing.campaigns FOR VALUES FROM (0) TO (1000);
CREATE TABLE marketing.campaigns_new PARTITION OF marketing.campaigns FOR VALUES FROM (1000) TO (2000);
INSERT INTO marketing.campaigns VALUES (1, 'spring', '2019-03-01'), (1001, 'summer', '2025-06-01');
COMMIT;
