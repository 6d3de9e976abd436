CREATE TABLE company."B" ("Id" bigint PRIMARY KEY, a bigint REFERENCES company."A" ("b id")) -- expect: migration-order
;
