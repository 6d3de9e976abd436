BEGIN;

DELETE FROM company.log WHERE note = 'stale' OR id = 12;
DELETE FROM company.log AS a USING company.log AS b WHERE a.note = b.note AND a.id > b.id;

COMMIT;
