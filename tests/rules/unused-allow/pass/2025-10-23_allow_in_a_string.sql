BEGIN;
COMMENT ON TABLE company.log IS '
-- ctb:allow if-not-exists: this is text
';
COMMIT;
