-- ctb:no-transaction: the table is in use all day
SET ROLE billing;
DROP INDEX CONCURRENTLY IF EXISTS billing."Paid Idx";
CREATE INDEX CONCURRENTLY IF NOT EXISTS "Paid Idx" ON billing.invoice ("Paid On");
RESET ROLE;
