BEGIN;
CREATE OR REPLACE FUNCTION company.twice(n integer) RETURNS integer RETURN n * 2;
CREATE OR REPLACE PROCEDURE company.fill()
BEGIN ATOMIC
    INSERT INTO company.log (note) SELECT CASE WHEN true THEN 'begin' ELSE 'end' END;
    DELETE FROM company.log WHERE note = 'COMMIT;';
END;
COMMIT;
