BEGIN;

CREATE TABLE IF NOT EXISTS app.membership (
    project_id bigint NOT NULL REFERENCES app.project (project_id) ON DELETE CASCADE,
    account_id bigint NOT NULL REFERENCES app.account (account_id) ON DELETE CASCADE,
    role app.member_role NOT NULL DEFAULT 'viewer',
    PRIMARY KEY (project_id, account_id)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON app.membership TO app_user;

COMMIT;

-- Rollback:
-- BEGIN;
-- DROP TABLE IF EXISTS app.membership;
-- COMMIT;
