BEGIN;
DROP TABLE marketing.campaigns_2019;
ALTER TABLE marketing.campaigns DETACH PARTITION marketing.campaigns_2020;
ALTER TABLE marketing.web_lead NO INHERIT marketing.lead;
DROP TABLE marketing.campaigns;
COMMIT;
