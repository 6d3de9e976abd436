-- replay: 42P01
CREATE TABLE company.a (id bigint);
INSERT INTO company.a SELECT id FROM company.b; -- expect: migration-order
