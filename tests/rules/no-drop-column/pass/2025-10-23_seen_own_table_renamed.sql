-- it came to its name and its schema in this file; the columns are nobody else's
BEGIN;
CREATE TABLE company.next_offer (id bigint, draft text, total numeric);
ALTER TABLE company.next_offer SET SCHEMA people;
ALTER TABLE people.next_offer RENAME TO offer;
SELECT set_config('ctb.shape', 'ALTER TABLE people.offer DROP draft', true);
DO $$ BEGIN EXECUTE current_setting('ctb.shape'); END $$;
COMMIT;
