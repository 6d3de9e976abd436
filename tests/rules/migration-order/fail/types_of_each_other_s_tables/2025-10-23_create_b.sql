CREATE TABLE company.of_a (a company.a); -- expect: migration-order
CREATE TYPE company.b AS ENUM ('x');
