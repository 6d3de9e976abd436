START TRANSACTION ISOLATION LEVEL REPEATABLE READ;
ALTER TABLE company.log ADD COLUMN level smallint;
END WORK; INSERT INTO company.log (id, note, level) VALUES (1, 'begin', 3); -- expect: atomic
