BEGIN;
ALTER FUNCTION company.one() OWNER TO ctb_team;
ALTER FUNCTION company.one() SECURITY DEFINER;
COMMIT;
-- Rollback: -- expect: rollback-restores
-- ALTER FUNCTION company.one() SECURITY INVOKER;
