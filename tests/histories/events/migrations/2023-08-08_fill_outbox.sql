-- Mail goes through the outbox from now on; what was recorded before was sent already.

BEGIN;

INSERT INTO es.outbox (position, topic, sent_at)
SELECT e.position, 'mail', e.recorded_at
FROM es.event e
WHERE e.type = 'mail-requested' AND NOT EXISTS (SELECT FROM es.outbox o WHERE o.position = e.position);

COMMIT;

-- Rollback: none, because the rows are dropped with the table
