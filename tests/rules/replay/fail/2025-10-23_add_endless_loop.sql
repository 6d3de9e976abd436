-- replay: 57014
DO $$
BEGIN
    LOOP -- expect: replay
        NULL;
    END LOOP;
END $$;
