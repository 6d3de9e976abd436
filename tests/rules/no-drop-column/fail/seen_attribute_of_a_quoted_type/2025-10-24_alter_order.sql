BEGIN;
ALTER TYPE company."Order" DROP ATTRIBUTE "Old Price"; -- expect: no-drop-column
COMMIT;
