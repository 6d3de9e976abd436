BEGIN;
ALTER INDEX marketing.campaigns_name_idx ATTACH PARTITION marketing.campaigns_old_name_idx;
ALTER INDEX marketing.campaigns_name_idx ATTACH PARTITION marketing.campaigns_new_name_idx;
COMMIT;
