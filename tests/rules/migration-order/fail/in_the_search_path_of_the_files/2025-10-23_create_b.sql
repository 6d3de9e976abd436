SET search_path = people;
SELECT id FROM a; -- expect: migration-order
CREATE TABLE b (id bigint);
