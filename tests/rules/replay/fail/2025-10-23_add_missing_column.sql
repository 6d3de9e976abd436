-- replay: 42703
INSERT INTO company.log (
    id,
    nope -- expect: replay
) VALUES (1, 2);
