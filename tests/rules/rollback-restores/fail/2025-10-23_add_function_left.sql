BEGIN;
CREATE OR REPLACE FUNCTION company.one() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE OR REPLACE FUNCTION company.one(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMIT;
-- Rollback: -- expect: rollback-restores
-- DROP FUNCTION IF EXISTS company.one();
