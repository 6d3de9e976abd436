BEGIN;
CREATE TABLE IF NOT EXISTS company.visit (page text NOT NULL);
CREATE TABLE IF NOT EXISTS company.visit_by_bot () INHERITS (company.visit);
COMMENT ON COLUMN company.visit_by_bot.page IS 'DEPRECATED 2025-10-23: bots read all'; -- expect: deprecated-column
COMMIT;
