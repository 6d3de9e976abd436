DO $$ DECLARE rank text := 'x'; BEGIN UPDATE company.master SET name = rank WHERE name IS NULL; END $$;
