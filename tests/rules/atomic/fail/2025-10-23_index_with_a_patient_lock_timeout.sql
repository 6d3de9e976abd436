-- ctb:no-transaction: the table is in use all day
SET lock_timeout = '10s';
CREATE INDEX CONCURRENTLY IF NOT EXISTS people_email_idx ON people.master (lower(email)) WHERE title IS NOT NULL; -- expect: atomic
RESET lock_timeout;
