CREATE TABLE IF NOT EXISTS company.b (id bigint PRIMARY KEY, a_id bigint REFERENCES company.a (id));
