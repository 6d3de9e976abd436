BEGIN; -- expect: no-edit
CREATE TABLE IF NOT EXISTS company.note (id bigint);
COMMIT;
