BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
/* Rollback:
   restore the dump -- expect: rollback-instructions
*/
