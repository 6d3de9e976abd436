-- ctb:no-transaction: a new value can be used at once only outside of one
ALTER TYPE company.stage ADD VALUE IF NOT EXISTS 'lost';
ALTER TYPE company.stage ADD VALUE IF NOT EXISTS 'on hold' BEFORE 'won';
CREATE TABLE IF NOT EXISTS company.deal (id bigint PRIMARY KEY, stage company.stage DEFAULT 'lost');
DROP INDEX CONCURRENTLY IF EXISTS company.deal_hold_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS deal_hold_idx ON company.deal (id) WHERE stage = 'on hold';
