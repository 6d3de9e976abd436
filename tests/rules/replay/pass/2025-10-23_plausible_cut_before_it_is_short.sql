BEGIN;
UPDATE company.log SET note = left(note, 20) WHERE length(note) > 20;
ALTER TABLE company.log ALTER COLUMN note TYPE varchar(20);
UPDATE company.log SET id = NULL WHERE id NOT BETWEEN -32768 AND 32767;
ALTER TABLE company.log ALTER COLUMN id TYPE smallint;
COMMIT;
