INSERT INTO company.tier (id) VALUES (1);
CALL company.refresh(; -- expect: replay
