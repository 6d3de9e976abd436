CREATE TABLE people.person (rank integer);
CREATE TABLE people.boss (rank integer);
ALTER TABLE people.boss INHERIT people.person;
