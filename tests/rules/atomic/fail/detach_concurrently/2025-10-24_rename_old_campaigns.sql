-- ctb:no-transaction: DETACH … CONCURRENTLY cannot run inside one
ALTER TABLE marketing.campaigns DETACH PARTITION marketing.campaigns_old CONCURRENTLY; -- expect: atomic
COMMENT ON TABLE marketing.campaigns_old IS 'Before 2020';
