-- replay: 42703
SELECT nonsense FROM company.c; -- expect: replay
