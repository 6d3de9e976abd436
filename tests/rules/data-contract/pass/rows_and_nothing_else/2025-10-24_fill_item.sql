BEGIN;
INSERT INTO shop.item (name, note) VALUES ('lamp', NULL), ('chair', 'wood');
UPDATE shop.item SET note = 'none' WHERE note IS NULL;
DELETE FROM shop.item WHERE name = 'lamp';
COMMIT;
