BEGIN;

ALTER TYPE app.member_role ADD VALUE IF NOT EXISTS 'commenter' BEFORE 'viewer';

COMMIT;

-- Rollback: none, because Postgres cannot take a value out of an enum
