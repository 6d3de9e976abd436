INSERT INTO company.a VALUES (1); -- expect: migration-order
CREATE TABLE company.b (id bigint);
