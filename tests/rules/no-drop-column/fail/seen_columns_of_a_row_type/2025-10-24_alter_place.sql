-- a typed table loses its column with the attribute; and a column goes with the table whose row type it has
BEGIN;
ALTER TYPE company.place DROP ATTRIBUTE floor CASCADE; -- expect: no-drop-column
DROP TABLE company.stub CASCADE; -- expect: no-drop-column
COMMIT;
