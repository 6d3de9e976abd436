BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
-- To rollback: none, because nobody may lose a tag again
