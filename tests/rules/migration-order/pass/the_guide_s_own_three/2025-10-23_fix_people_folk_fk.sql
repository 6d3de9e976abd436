ALTER TABLE people.folk DROP CONSTRAINT IF EXISTS folk_firm_id_fkey;
