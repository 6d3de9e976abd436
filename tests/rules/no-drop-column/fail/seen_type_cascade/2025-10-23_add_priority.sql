BEGIN;
CREATE TYPE company.priority AS ENUM ('low', 'high');
CREATE COLLATION company.bytewise FROM "C";
ALTER TABLE company.slot ADD COLUMN priority company.priority;
ALTER TABLE people.master ADD COLUMN sort_name text COLLATE company.bytewise;
COMMIT;
