CREATE TABLE IF NOT EXISTS company.diary (id bigint);
