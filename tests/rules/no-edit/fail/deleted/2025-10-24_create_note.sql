BEGIN; -- expect: no-edit:1
CREATE TABLE IF NOT EXISTS company.note (id bigint);
COMMIT;
