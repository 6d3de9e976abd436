BEGIN;
INSERT INTO company.log VALUES (100, 'kept so far');
COMMIT;
