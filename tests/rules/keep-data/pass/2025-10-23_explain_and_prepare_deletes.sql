BEGIN;
EXPLAIN (COSTS off) DELETE FROM company.log;
PREPARE forget AS DELETE FROM company.slot WHERE id = $1;
DEALLOCATE forget;
INSERT INTO company.log (id, note) VALUES (1, 'DELETE FROM company.log; DROP TABLE company.slot;');
SELECT id FROM company.master WHERE name = 'TRUNCATE company.master' FOR UPDATE;
COMMIT;
