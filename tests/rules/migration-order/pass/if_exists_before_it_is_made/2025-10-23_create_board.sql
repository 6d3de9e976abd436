CREATE TABLE IF NOT EXISTS company.board (id bigint);
