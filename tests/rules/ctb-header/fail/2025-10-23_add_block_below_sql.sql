BEGIN;
SELECT 1;
COMMIT;
/*
 * CTB Branch: data/migrations -- expect: ctb-header
 * Barton ID: 05.01.02
 */
