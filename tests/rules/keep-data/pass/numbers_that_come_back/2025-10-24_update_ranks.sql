-- out of the way for a moment: after the file each is what it was
BEGIN;
UPDATE company.rank SET place = -place;
INSERT INTO company.rank VALUES (3, 'initech.example');
UPDATE company.rank SET place = -place WHERE place < 0;
COMMIT;
