-- replay: 42704
CREATE TYPE company.a AS ENUM ('x');
CREATE TABLE company.of_b (b company.b); -- expect: migration-order
