-- case: attach a partition
ALTER TABLE shop.events ATTACH PARTITION shop.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); -- ON01
-- case: attach a partition behind a check
ALTER TABLE shop.events_2025 ADD CONSTRAINT bound CHECK (at IS NOT NULL AND at >= '2025-01-01' AND at < '2026-01-01') NOT VALID;
ALTER TABLE shop.events_2025 VALIDATE CONSTRAINT bound;
ALTER TABLE shop.events ATTACH PARTITION shop.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
ALTER TABLE shop.events_2025 DROP CONSTRAINT bound;
-- case: attach a partition behind a check that says less
ALTER TABLE shop.events_2025 ADD CONSTRAINT bound CHECK (at >= '2025-01-01') NOT VALID;
ALTER TABLE shop.events_2025 VALIDATE CONSTRAINT bound;
ALTER TABLE shop.events ATTACH PARTITION shop.events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); -- ON01
-- case: a new partition
CREATE TABLE shop.events_2026 PARTITION OF shop.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
-- case: a new table is attached
BEGIN;
CREATE TABLE shop.events_2026 (id bigint, at date, kind varchar(20), filler varchar(100));
ALTER TABLE shop.events ATTACH PARTITION shop.events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
COMMIT;
-- case: detach a partition
ALTER TABLE shop.events DETACH PARTITION shop.events_2024;
-- case: detach a partition concurrently
ALTER TABLE shop.events DETACH PARTITION shop.events_2024 CONCURRENTLY;
-- case: drop a partition
DROP TABLE shop.events_2024;
-- case: a column of a partitioned table
ALTER TABLE shop.events ADD COLUMN tag text;
-- case: a column with random() of a partitioned table
ALTER TABLE shop.events ADD COLUMN share double precision DEFAULT random(); -- ON01
-- case: set not null of a partitioned table
ALTER TABLE shop.events ALTER COLUMN kind SET NOT NULL; -- ON01 ON06
-- case: set not null of a partition
ALTER TABLE shop.events_2024 ALTER COLUMN kind SET NOT NULL; -- ON01 ON06
-- case: a check of a partitioned table
ALTER TABLE shop.events ADD CONSTRAINT kind_there CHECK (kind <> ''); -- ON01
-- case: a check of a partitioned table, validated later
ALTER TABLE shop.events ADD CONSTRAINT kind_there CHECK (kind <> '') NOT VALID;
ALTER TABLE shop.events VALIDATE CONSTRAINT kind_there;
-- case: a primary key of a partitioned table
ALTER TABLE shop.events ADD PRIMARY KEY (id, at); -- ON01 ON06
-- case: another type in a partitioned table
ALTER TABLE shop.events ALTER COLUMN id TYPE int; -- ON01 ON07
-- case: rows of a partitioned table
UPDATE shop.events SET kind = 'x'; -- ON05
-- case: rows of a partition
DELETE FROM shop.events_2024 WHERE kind = 'x'; -- ON05
-- case: a column of a table with a child
ALTER TABLE shop.logs ADD COLUMN level int;
-- case: another type in a table with a child
ALTER TABLE shop.logs ALTER COLUMN id TYPE int; -- ON01 ON07
-- case: set not null in a table with a child
ALTER TABLE shop.logs ALTER COLUMN line SET NOT NULL; -- ON01 ON06
-- case: a child is no child any more
ALTER TABLE shop.logs_web NO INHERIT shop.logs;
-- case: a child is made of a table
ALTER TABLE shop.logs_web NO INHERIT shop.logs;
ALTER TABLE shop.logs_web INHERIT shop.logs;
-- case: rows of a table with a child
UPDATE shop.logs SET line = 'x'; -- ON05
-- case: truncate
TRUNCATE shop.customers;
-- case: truncate a partitioned table
TRUNCATE shop.events;
-- case: row security
ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON shop.customers USING (email = current_user);
