BEGIN;
CREATE TABLE marketing.campaigns_rest PARTITION OF marketing.campaigns DEFAULT;
INSERT INTO marketing.campaigns VALUES (1, 'spring', '2019-03-01'), (2, 'summer', NULL), (5000, 'autumn', '2025-09-01');
COMMIT;
