BEGIN;
CREATE TYPE company.tier AS ENUM ('free', 'paid');
CREATE FUNCTION company.first_tier() RETURNS company.tier LANGUAGE sql RETURN 'free'::company.tier;
CREATE FUNCTION company.tier_of(label text) RETURNS text LANGUAGE sql IMMUTABLE RETURN coalesce(label, 'free');
ALTER TABLE company.master ALTER COLUMN size_label SET DEFAULT ('paid'::company.tier)::text;
ALTER TABLE company.master ADD CONSTRAINT master_label_check CHECK (company.tier_of(size_label) <> '');
CREATE INDEX master_tier_idx ON company.master (company.tier_of(size_label));
ALTER TABLE company.log ALTER COLUMN id SET DEFAULT nextval('company.numbers');
COMMIT;
