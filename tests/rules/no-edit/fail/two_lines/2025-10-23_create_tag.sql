BEGIN;
CREATE  TABLE IF NOT EXISTS company.tag (id bigint, name text); -- expect: no-edit:1
COMMIT;
