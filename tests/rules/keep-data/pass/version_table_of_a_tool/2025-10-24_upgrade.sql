BEGIN;
ALTER TABLE company.master ADD COLUMN tier int;
UPDATE alembic_version SET version_num='1d2bb3' WHERE alembic_version.version_num = '27c6a30d7c24';
COMMIT;
