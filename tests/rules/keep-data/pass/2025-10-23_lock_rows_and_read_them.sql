BEGIN;

SELECT id FROM company.master WHERE domain LIKE 'test%' FOR UPDATE;
DECLARE doomed CURSOR FOR SELECT id FROM company.slot WHERE payload IS NULL FOR UPDATE;
FETCH ALL FROM doomed;
CLOSE doomed;

COMMIT;
