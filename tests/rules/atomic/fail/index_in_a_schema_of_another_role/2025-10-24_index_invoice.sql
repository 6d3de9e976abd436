-- ctb:no-transaction: the table is in use all day
SET ROLE billing;
CREATE INDEX CONCURRENTLY IF NOT EXISTS "Paid Idx" ON billing.invoice ("Paid On"); -- expect: atomic
RESET ROLE;
