-- the same rows each time, in whatever order
BEGIN;
DELETE FROM company.log WHERE note LIKE 'step %';
INSERT INTO company.log (id, note)
SELECT step, 'step ' || step FROM generate_series(1, 20) AS step ORDER BY random();
INSERT INTO company.slot (id) VALUES (1), (2) ON CONFLICT DO NOTHING;
WITH gone AS (DELETE FROM company.slot WHERE id = 1 RETURNING 1) SELECT count(*) FROM gone;
INSERT INTO company.slot (id, payload) VALUES (1, '{"b": 1, "a": 2}');
COMMIT;
