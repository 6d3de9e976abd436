-- replay: 42P01
CREATE TABLE company.a PARTITION OF company.b FOR VALUES IN (1); -- expect: migration-order
