INSERT INTO company.log (note) VALUES ('DROP TABLE company.master') ON CONFLICT DO NOTHING;
PREPARE make AS SELECT 'CREATE INDEX x ON y (z)';
DO $$ BEGIN RAISE NOTICE 'CREATE TABLE company.x ()'; PERFORM 'DROP VIEW company.names'; END $$;
