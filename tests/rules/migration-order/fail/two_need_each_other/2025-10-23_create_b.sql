CREATE TABLE IF NOT EXISTS company.b (
    a_id bigint REFERENCES company.a (id) -- expect: migration-order
);
