-- full_name is made of title, and nobody's own value
BEGIN;
UPDATE people.master SET title = 'Employee' WHERE title IS NULL;
COMMIT;
