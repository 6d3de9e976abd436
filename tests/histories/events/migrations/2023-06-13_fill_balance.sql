BEGIN;

INSERT INTO es.balance (stream_id, amount, position)
SELECT e.stream_id, sum((e.payload ->> 'amount')::numeric), max(e.position)
FROM es.event e
WHERE e.type IN ('deposited', 'withdrawn') AND e.payload ? 'amount'
GROUP BY e.stream_id
ON CONFLICT (stream_id) DO NOTHING;

COMMIT;

-- Rollback: none, because the projection is dropped with its table
