DO $$
BEGIN
    UPDATE company.log SET note = regexp_replace(note, 'â€¦', '...', 'g');
END $$;
