BEGIN;
DROP TYPE IF EXISTS company.stage;
DROP TYPE IF EXISTS -- expect: no-drop-column
    company.priority
    CASCADE;
DROP COLLATION IF EXISTS company.bytewise CASCADE; -- expect: no-drop-column
COMMIT;
