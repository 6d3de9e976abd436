BEGIN;
DELETE FROM alembic_version WHERE alembic_version.version_num = 'ae1027a6acf';
UPDATE alembic_version SET version_num='53fffde5ad5' WHERE alembic_version.version_num = '1d2bb3';
COMMIT;
