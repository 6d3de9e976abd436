-- replay: 42P01
CREATE TABLE company."A" ("b id" bigint REFERENCES company."B" ("Id")) -- expect: migration-order
;
