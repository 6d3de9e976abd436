-- replay: 42P01
SET search_path = people;
CREATE TABLE a (id bigint);
SELECT id FROM b; -- expect: migration-order
