BEGIN;
CREATE TABLE marketing.campaigns_2019 PARTITION OF marketing.campaigns FOR VALUES FROM (0) TO (1000);
CREATE TABLE marketing.campaigns_2020 PARTITION OF marketing.campaigns FOR VALUES FROM (1000) TO (2000);
CREATE TABLE marketing.lead (id bigint, origin text);
CREATE TABLE marketing.web_lead () INHERITS (marketing.lead);
COMMIT;
