-- replay: 42P01
CREATE TABLE IF NOT EXISTS company.a (
    b_id bigint REFERENCES company.b (id) -- expect: migration-order
);
