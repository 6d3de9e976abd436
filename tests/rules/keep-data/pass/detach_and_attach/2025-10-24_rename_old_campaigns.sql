BEGIN;
ALTER TABLE marketing.campaigns DETACH PARTITION marketing.campaigns_old;
ALTER TABLE marketing.campaigns_old RENAME TO campaigns_2019;
ALTER TABLE marketing.campaigns ATTACH PARTITION marketing.campaigns_2019 FOR VALUES FROM (0) TO (500);
CREATE TABLE marketing.campaigns_2020 PARTITION OF marketing.campaigns FOR VALUES FROM (500) TO (1000);
ALTER TABLE marketing.campaigns DETACH PARTITION marketing.campaigns_2019;
COMMIT;
