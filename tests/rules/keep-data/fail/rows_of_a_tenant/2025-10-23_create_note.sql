BEGIN;
CREATE TABLE company.note (id integer PRIMARY KEY, tenant integer NOT NULL, body text, kind text);
INSERT INTO company.note VALUES (1, 1, 'one', 'a'), (2, 2, 'two', 'b');
ALTER TABLE company.note ENABLE ROW LEVEL SECURITY;
ALTER TABLE company.note FORCE ROW LEVEL SECURITY;
CREATE POLICY tenants ON company.note USING (tenant = nullif(current_setting('app.tenant', true), '')::integer);
COMMIT;
