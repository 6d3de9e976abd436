-- ctb:allow transaction: the statement is one
CREATE TABLE IF NOT EXISTS company.tag (id bigint);
