CREATE TABLE company.b (id bigint PRIMARY KEY, a bigint REFERENCES company.a) -- expect: migration-order
;
