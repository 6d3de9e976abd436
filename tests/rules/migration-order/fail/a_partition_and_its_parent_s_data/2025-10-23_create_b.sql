SELECT count(*) FROM company.a; -- expect: migration-order
CREATE TABLE company.b (id int) PARTITION BY LIST (id);
