CREATE TABLE IF NOT EXISTS company.b (id bigint);
