BEGIN;
ALTER TABLE marketing.campaigns DETACH PARTITION marketing.campaigns_old;
DROP TABLE marketing.campaigns_old; -- expect: keep-data
COMMIT;
