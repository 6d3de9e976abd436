/* ==========================
   CTB Classification Metadata
   CTB Branch: data/infra
   Barton ID: 05.01.02.07
   Unique ID: CTB-7A31C0DE
   Last Updated: 2025-12-01
   Enforcement: HEIR
   ========================== */

/* Description: Keep the tags */
BEGIN;
SELECT 1;
COMMIT;
