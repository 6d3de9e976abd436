BEGIN; -- expect: no-edit
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
