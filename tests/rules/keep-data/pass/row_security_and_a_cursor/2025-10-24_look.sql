-- needs: superuser
BEGIN;
SET LOCAL app.tenant = '7';
DECLARE notes CURSOR FOR SELECT * FROM company.note;
FETCH notes;
UPDATE company.note SET kind = 'plain' WHERE kind IS NULL;
COMMIT;
