CREATE TABLE company.b (c bigint REFERENCES company.c (id)) -- expect: migration-order
;
