-- CASCADE takes no more than the default of company.log.slug, but the whole of company.master.slug
BEGIN;
DROP FUNCTION IF EXISTS company.slug(text) CASCADE; -- expect: no-drop-column
COMMIT;
