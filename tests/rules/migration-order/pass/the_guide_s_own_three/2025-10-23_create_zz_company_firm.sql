CREATE TABLE IF NOT EXISTS company.firm (id bigint PRIMARY KEY);
