\set ON_ERROR_STOP on
\set schema company
\echo adding the tier to :schema
\if :{?schema}
ALTER TABLE :schema.master ADD COLUMN tier text DEFAULT :'schema';
\else
ALTER TABLE nowhere ADD COLUMN tier text;
\endif
SELECT 'ALTER TABLE company.master ADD COLUMN other text' \gexec
