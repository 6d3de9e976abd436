BEGIN;
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
COMMIT;
/* Manual rollback:
   DROP TABLE IF EXISTS company.tag; -- and its index
*/
