BEGIN; -- expect: no-edit:1
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
