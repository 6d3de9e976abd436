BEGIN;
ALTER TABLE marketing.campaigns DETACH PARTITION marketing.campaigns_rest;
CREATE TABLE marketing.campaigns_first PARTITION OF marketing.campaigns FOR VALUES FROM (0) TO (1000);
WITH moved AS (
    DELETE FROM marketing.campaigns_rest WHERE id >= 0 AND id < 1000 RETURNING *
)
INSERT INTO marketing.campaigns SELECT * FROM moved;
ALTER TABLE marketing.campaigns ATTACH PARTITION marketing.campaigns_rest DEFAULT;
COMMIT;
