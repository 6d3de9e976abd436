BEGIN;
CREATE TABLE marketing.campaigns_old PARTITION OF marketing.campaigns FOR VALUES FROM (0) TO (1000);
INSERT INTO marketing.campaigns VALUES (1, 'spring', '2019-03-01'), (2, 'summer', '2019-06-01');
COMMIT;
