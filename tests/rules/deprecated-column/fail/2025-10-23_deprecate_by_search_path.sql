-- which table is meant, only the session's search_path tells
BEGIN;
SET LOCAL search_path = people, company;
COMMENT ON COLUMN master.title IS 'DEPRECATED, use job'; -- expect: deprecated-column
COMMENT ON COLUMN log.note IS 'DEPRECATED, use slot.payload'; -- expect: deprecated-column
COMMIT;
