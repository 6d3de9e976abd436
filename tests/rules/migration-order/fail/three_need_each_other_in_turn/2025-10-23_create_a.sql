-- replay: 42P01
CREATE TABLE company.a (b bigint REFERENCES company.b (id)) -- expect: migration-order
;
