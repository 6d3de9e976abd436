BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
/* Rollback: none -- expect: rollback-instructions
*/
