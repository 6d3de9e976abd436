BEGIN;
ALTER TABLE company.note DISABLE ROW LEVEL SECURITY;
UPDATE company.note SET body = 'gone' WHERE tenant = 1; -- expect: keep-data
ALTER TABLE company.note ENABLE ROW LEVEL SECURITY;
COMMIT;
