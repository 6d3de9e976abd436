CREATE TABLE company.c (a bigint REFERENCES company.a (id)) -- expect: migration-order
;
