-- ctb:no-transaction: the table is in use all day
SET lock_timeout = '10s';
DROP INDEX CONCURRENTLY IF EXISTS people.people_email_idx;
CREATE INDEX CONCURRENTLY IF NOT EXISTS people_email_idx ON people.master (lower(email)) WHERE title IS NOT NULL;
RESET lock_timeout;
