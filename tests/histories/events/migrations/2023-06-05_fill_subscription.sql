BEGIN;

INSERT INTO es.subscription (name) VALUES ('balances'), ('search'), ('mail') ON CONFLICT DO NOTHING;

COMMIT;

-- Rollback:
-- BEGIN;
-- DELETE FROM es.subscription WHERE name IN ('balances', 'search', 'mail');
-- COMMIT;
