-- replay: 42883
DO $$
BEGIN
    PERFORM 1;
    PERFORM company.nope(); -- expect: replay
END $$;
