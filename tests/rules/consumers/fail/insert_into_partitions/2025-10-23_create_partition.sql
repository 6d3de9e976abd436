BEGIN;
CREATE TABLE marketing.campaigns_all PARTITION OF marketing.campaigns DEFAULT;
COMMIT;
