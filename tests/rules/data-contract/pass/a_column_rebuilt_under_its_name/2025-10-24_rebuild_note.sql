BEGIN;
ALTER TABLE shop.item ADD COLUMN IF NOT EXISTS note_new text;
UPDATE shop.item SET note_new = btrim(note);
ALTER TABLE shop.item DROP COLUMN IF EXISTS note;
ALTER TABLE shop.item RENAME COLUMN note_new TO note;
COMMIT;
