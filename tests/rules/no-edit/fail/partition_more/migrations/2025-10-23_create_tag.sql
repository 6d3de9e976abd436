BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
CREATE TABLE IF NOT EXISTS marketing.c1 PARTITION OF marketing.campaigns DEFAULT; -- expect: no-edit
COMMIT;
