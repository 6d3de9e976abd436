CREATE TABLE IF NOT EXISTS company.tag (id bigint); -- expect: transaction
CREATE TABLE IF NOT EXISTS company.tag2 (id bigint);
