-- Not proven: no row that was made for these is met
BEGIN;

DELETE FROM company.log WHERE md5(note) = '900150983cd24fb0d6963f7d28e17f72'; -- expect: keep-data
DELETE FROM company.log WHERE id IN (SELECT l.id FROM company.log AS l ORDER BY l.id OFFSET 5000); -- expect: keep-data
DELETE FROM company.master AS m WHERE NOT EXISTS (SELECT FROM company.master AS same WHERE same.id = m.id); -- expect: keep-data

COMMIT;
